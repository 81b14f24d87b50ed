"""A reply that one instance writes is followed and stopped on another, with and without Redis."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest

from tests.fixtures.clients.listening import over_socket, over_sse
from tests.fixtures.servers.chat import STOP, Chat, ledger_differences
from tests.fixtures.stores.redis import running_redis
from tests.fixtures.stores.world import ADA
from tests.gql.resolvers.chat.reply_servers import instance
from tests.waiting import until

SLOWLY = {"tokens": 20, "tokens_per_second": 30}
LEASE_SECONDS = 30
"""Of the usual settings: without a word of the stop it would go on for so long."""
CONTENT = "[stand-in] No language model wrote this"


@pytest.fixture
def other(chat: Chat, tmp_path: Path) -> Iterator[Chat]:
    """An instance that shares the database with `chat`, and nothing else."""
    with instance(chat, tmp_path) as running:
        yield running


def test_what_is_stored_now_and_then_is_followed(chat: Chat, other: Chat) -> None:
    chat.stand_in.next({"tokens": 40, "tokens_per_second": 12})
    reply_id = chat.send(delivery="STREAM")["reply"]["id"]
    with over_sse(other.api, reply_id, viewer=ADA) as events:
        first = next(events)
        assert other.message(reply_id)["status"] == "STREAMING"
        heard = [first, *events]
    assert "".join(event["text"] for event in heard[:-1]) == chat.message(reply_id)["content"]
    assert heard[-1]["message"]["status"] == "COMPLETE"
    with over_socket(chat.api, reply_id, viewer=ADA) as events:
        assert list(events) == heard


def test_a_reply_is_stopped_from_another_instance_before_its_lease_ends(
    chat: Chat, other: Chat
) -> None:
    chat.stand_in.next({**SLOWLY, "hang_after": 6})
    reply_id = chat.send(delivery="STREAM")["reply"]["id"]
    until(lambda: chat.message(reply_id)["content"] == CONTENT)
    started = monotonic()
    stopped = other.payload(STOP, {"messageId": reply_id})
    chat.stand_in.wait_for(running=0, cancelled=1)
    assert monotonic() - started < LEASE_SECONDS / 2
    assert stopped == {
        "reply": {"id": reply_id, "status": "STOPPED", "content": CONTENT},
        "userErrors": [],
    }


def test_redis_carries_a_reply_to_every_instance_at_once(
    chat: Chat, tmp_path: Path, redis_url: str
) -> None:
    with (
        instance(chat, tmp_path, redis_url) as writer,
        instance(chat, tmp_path, redis_url) as reader,
    ):
        chat.stand_in.next({"hang_after": 3})
        reply_id = writer.send(delivery="STREAM")["reply"]["id"]
        with over_sse(reader.api, reply_id, viewer=ADA) as events:
            heard = [next(events)]
            assert reader.message(reply_id)["content"].startswith(heard[0]["text"])
            reader.payload(STOP, {"messageId": reply_id})
            heard += events
        text = "".join(event["text"] for event in heard[:-1])
        assert text == writer.message(reply_id)["content"] != ""
        assert heard[-1]["message"]["status"] == "STOPPED"


def test_redis_goes_away_while_a_reply_is_generated(chat: Chat, tmp_path: Path) -> None:
    with ExitStack() as redis:
        url = redis.enter_context(running_redis(tmp_path))
        with (
            instance(chat, tmp_path, url) as writer,
            instance(chat, tmp_path, url) as reader,
        ):
            chat.stand_in.next({"tokens": 40, "tokens_per_second": 15})
            reply_id = writer.send(delivery="STREAM")["reply"]["id"]
            with (
                over_sse(reader.api, reply_id, viewer=ADA) as remote,
                over_sse(writer.api, reply_id, viewer=ADA) as local,
            ):
                heard = [next(remote)]
                redis.close()
                heard += remote
                assert list(local) == heard
            assert heard[-1]["message"]["status"] == "COMPLETE"
            text = "".join(event["text"] for event in heard[:-1])
            assert text == heard[-1]["message"]["content"]
            # From the beginning it is away for the next.
            sent = writer.send()
            assert (sent["reply"]["status"], sent["userErrors"]) == ("COMPLETE", [])
            with over_sse(reader.api, sent["reply"]["id"], viewer=ADA) as events:
                text = "".join(event.get("text", "") for event in events)
            assert text == sent["reply"]["content"]
    assert ledger_differences(chat.database_url) == []
