"""What real models send, seen by people: whole replies, whatever else comes with them."""

import json
from base64 import b64encode
from typing import Any

import pytest

from clients.llm.response.retry_after import LONGEST_WAIT_SECONDS
from tests.fixtures.servers.chat import Chat

DONE = "data: [DONE]\n\n"


def chunk(text: str | None, finish: str | None = None) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n"


# Any: behaviours have values of many types.
def sent(chat: Chat, *events: str, **behaviour: Any) -> dict[str, Any]:
    stream = b64encode("".join(events).encode()).decode()
    chat.stand_in.next({"stream": stream} | behaviour)
    return chat.send()


@pytest.mark.parametrize("piece_bytes", [1, 65_536])
def test_the_halves_of_an_emoji_in_two_chunks(chat: Chat, piece_bytes: int) -> None:
    events = (chunk("Good \ud83d"), chunk("\ude00 day"), DONE)
    reply = sent(chat, *events, stream_piece_bytes=piece_bytes)["reply"]
    assert (reply["status"], reply["content"]) == ("COMPLETE", "Good 😀 day")


def test_a_reason_with_every_chunk(chat: Chat) -> None:
    events = (chunk("Hel", "stop"), chunk("lo", ""), chunk("!", "stop"), DONE)
    reply = sent(chat, *events)["reply"]
    assert (reply["status"], reply["content"]) == ("COMPLETE", "Hello!")


@pytest.mark.parametrize("tokens", [2**31, 2**63, 10**400, -1])
def test_more_tokens_than_there_can_be(chat: Chat, tokens: int) -> None:
    usage = f'data: {{"choices": [], "usage": {{"prompt_tokens": {tokens}}}}}\n\n'
    reply = sent(chat, chunk("Hello!", "stop"), usage, DONE)["reply"]
    assert (reply["status"], reply["content"]) == ("COMPLETE", "Hello!")
    assert reply["generation"]["promptTokens"] is None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"retry_after": "9999999999"}, LONGEST_WAIT_SECONDS),
        ({"retry_after": "Fri, 31 Dec 9999 23:59:59 GMT"}, LONGEST_WAIT_SECONDS),
        ({"retry_after": "Sat, 31 Dec 10000 23:59:59 GMT"}, LONGEST_WAIT_SECONDS),
        ({"retry_after_ms": "3600000"}, 3_600),
        ({"retry_after": "120.5"}, 121),
    ],
)
def test_a_model_that_asks_for_a_long_wait(
    chat: Chat, said: dict[str, str], seconds: float
) -> None:
    used = chat.used()
    chat.stand_in.behave(status=429, **said)
    refused = chat.send()
    assert refused["reply"]["status"] == "FAILED"
    (error,) = refused["userErrors"]
    # The clock of the tests stands still; what is sent is the rest of the wait.
    assert (error["code"], error["retryAfterSeconds"]) == ("LLM_UNAVAILABLE", seconds)
    assert chat.stand_in.counts()["received"] == 1
    assert chat.used() == used
