"""Whoever waits for the model has given up the turn: everything else of the person's is served."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Any

import pytest

from tests.fixtures.servers.chat import QUICK_RETRIES, SEND, STOP, Chat, message_id
from tests.fixtures.servers.server import serving, settings_for
from tests.fixtures.stores.world import ADA
from tests.waiting import until

AT_ONCE, REPEATS = 4, 50


@pytest.fixture
def small(chat: Chat, tmp_path: Path) -> Iterator[Chat]:
    """A server with few connections to the database."""
    settings = settings_for(
        chat.database_url,
        tmp_path,
        chat_llm_base_url=chat.stand_in.url,
        database_pool_size=3,
        graphql_most_at_once=AT_ONCE,
        serve_runs_worker=False,
        **QUICK_RETRIES,
    )
    with serving(settings) as api:
        yield Chat(api, chat.database_url, chat.stand_in)


@contextmanager
def waiting(chat: Chat, count: int) -> Iterator[list[Future[dict[str, Any]]]]:
    """Messages whose senders wait for replies that do not end."""
    chat.stand_in.behave(hang_after=3)
    with ThreadPoolExecutor(count) as pool:
        sends = [pool.submit(chat.send, f"Message {number}") for number in range(count)]
        chat.stand_in.wait_for(running=count)
        yield sends


def test_many_who_wait_hold_up_nothing_else(small: Chat) -> None:
    with waiting(small, 3 * AT_ONCE) as sends:
        started = monotonic()
        small.used()
        streaming = "SELECT id FROM chat_messages WHERE status = 'streaming'"
        for (key,) in small.rows(streaming):
            stopped = small.payload(STOP, {"messageId": message_id(key)})
            assert (stopped["reply"]["status"], stopped["userErrors"]) == ("STOPPED", [])
        assert monotonic() - started < 5
        for sent in sends:
            assert sent.result()["reply"]["status"] == "STOPPED"


def test_the_same_key_is_answered_however_often_it_waits(small: Chat) -> None:
    used, key = small.used(), token_hex()
    small.stand_in.behave(hang_after=3)
    with ThreadPoolExecutor(REPEATS) as pool:
        sends = [pool.submit(small.send, idempotencyKey=key) for _ in range(REPEATS)]
        small.stand_in.wait_for(running=1)
        # Others of the same person are served meanwhile.
        assert small.used() == used + 1
        streaming = "SELECT id FROM chat_messages WHERE status = 'streaming'"
        ((reply_id,),) = small.rows(streaming)
        small.payload(STOP, {"messageId": message_id(reply_id)})
        answers = [sent.result() for sent in sends]
    assert answers == [answers[0]] * REPEATS
    assert (answers[0]["reply"]["status"], answers[0]["userErrors"]) == ("STOPPED", [])
    assert small.stand_in.counts()["received"] == 1
    assert small.used() == used + 1


def test_the_same_key_at_once_needs_few_connections(small: Chat) -> None:
    used, key = small.used(), token_hex()
    with ThreadPoolExecutor(REPEATS) as pool:
        answers = list(pool.map(lambda _: small.send(idempotencyKey=key), range(REPEATS)))
    assert answers == [answers[0]] * REPEATS
    assert small.used() == used + 1


def test_a_message_after_a_message_is_a_conflict(chat: Chat) -> None:
    chat.stand_in.behave(hang_after=3)
    sent = chat.send(delivery="STREAM")
    place = sent["conversation"]["id"]
    until(lambda: chat.message(sent["reply"]["id"])["content"] != "")
    before = chat.contents()
    input_ = {"conversationId": place, "content": "And then?", "idempotencyKey": token_hex()}
    refused = chat.payload(SEND, input_)
    assert refused == dict.fromkeys(("conversation", "message", "reply", "quota")) | {
        "userErrors": [
            {"code": "CONFLICT", "field": ["input", "conversationId"], "retryAfterSeconds": None}
        ]
    }
    assert chat.contents() == before
    stopped = chat.payload(STOP, {"messageId": sent["reply"]["id"]}, viewer=ADA)["reply"]
    chat.stand_in.behave(hang_after=None, mode="echo")
    assert chat.payload(SEND, input_)["userErrors"] == []
    assert [one["role"] for one in chat.stand_in.prompts()[-1]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]
    assert chat.stand_in.prompts()[-1][2]["content"] == stopped["content"]
