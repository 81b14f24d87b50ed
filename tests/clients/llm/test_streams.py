"""Exact bytes over real HTTP: how streams end, what they are called, and when to come again."""

import asyncio
from base64 import b64encode
from typing import Any

import pytest

from clients.llm import FailureReason
from clients.llm.response.retry_after import LONGEST_WAIT_SECONDS
from tests.clients.llm.model_calls import TEXT, Answer, ask, connected
from tests.clients.llm.response.chunks import DONE, USAGE, WHOLE, chunk
from tests.fixtures.outside.llm import StandInControl


# Any: behaviours and parts of the configuration have values of many types.
def answer_of(stand_in: StandInControl, stream: str, config: Any = None, **faults: Any) -> Answer:
    stand_in.behave(stream=b64encode(stream.encode()).decode(), **faults)

    async def scenario() -> Answer:
        async with connected(stand_in.url, **(config or {})) as model:
            return await ask(model)

    return asyncio.run(scenario())


@pytest.mark.parametrize("piece_bytes", [1, 7, 65_536])
def test_a_stream_is_read_to_its_end(stand_in: StandInControl, piece_bytes: int) -> None:
    stream = chunk("Hel", "stop") + chunk("lo", "stop") + chunk(", you", "") + USAGE + DONE
    answer = answer_of(stand_in, stream, stream_piece_bytes=piece_bytes)
    assert (answer.failure, answer.text) == (None, "Hello, you")
    assert (answer.report.prompt_tokens, answer.report.completion_tokens) == (3, 4)
    stand_in.wait_for(received=1, finished=1)


@pytest.mark.parametrize("end", ["closed", "cut", "silence"])
def test_a_reply_that_said_that_it_ends_is_whole(stand_in: StandInControl, end: str) -> None:
    stream = WHOLE + chunk(None, "stop")
    answer = answer_of(stand_in, stream, {"timeout_seconds": 0.5}, stream_end=end)
    assert (answer.failure, answer.text) == (None, "Hello")


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("closed", FailureReason.INTERRUPTED),
        ("cut", FailureReason.INTERRUPTED),
        ("silence", FailureReason.TIMEOUT),
    ],
)
def test_a_reply_that_did_not_is_none(
    stand_in: StandInControl, end: str, reason: FailureReason
) -> None:
    answer = answer_of(stand_in, WHOLE, {"timeout_seconds": 0.5}, stream_end=end)
    assert (answer.reason, answer.text) == (reason, "Hello")


def test_nothing_is_waited_for_long_after_the_end(stand_in: StandInControl) -> None:
    answer = answer_of(stand_in, WHOLE + DONE, stream_end="silence")
    assert (answer.failure, answer.text) == (None, "Hello")
    assert answer.seconds < 2


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        ("text/event-stream; charset=utf-8", None),
        ("Text/Event-Stream", None),
        ("text/html; charset=utf-8", FailureReason.MALFORMED),
        ("application/json", FailureReason.MALFORMED),
    ],
)
def test_what_a_stream_says_that_it_is(
    stand_in: StandInControl, content_type: str, reason: FailureReason | None
) -> None:
    answer = answer_of(stand_in, WHOLE + DONE, content_type=content_type)
    assert answer.reason is reason
    assert stand_in.counts()["received"] == 1


def test_a_reply_has_a_greatest_length(stand_in: StandInControl) -> None:
    stream = chunk("x" * 1_000) * 3 + DONE
    answer = answer_of(stand_in, stream, {"most_characters": 2_500})
    assert (answer.reason, answer.text) == (FailureReason.TOO_LONG, "x" * 2_500)


async def test_the_body_of_an_error_is_not_read_whole(stand_in: StandInControl) -> None:
    stand_in.behave(status=400, error_filler_bytes=50_000_000)

    async with connected(stand_in.url) as model:
        answer = await ask(model)
    assert answer.reason is FailureReason.MISCONFIGURED
    assert answer.seconds < 5


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"retry_after": "9999999999"}, LONGEST_WAIT_SECONDS),
        ({"retry_after": "Fri, 31 Dec 9999 23:59:59 GMT"}, LONGEST_WAIT_SECONDS),
        ({"retry_after": "Fri, 31 Dec 10000 23:59:59 GMT"}, LONGEST_WAIT_SECONDS),
        ({"retry_after": "61.5"}, 62),
        ({"retry_after_ms": "3600000"}, 3_600),
        ({"retry_after_ms": "3600000", "retry_after": "0"}, 3_600),
    ],
)
async def test_a_response_that_requires_a_long_wait_is_not_retried(
    stand_in: StandInControl, said: dict[str, str], seconds: float
) -> None:
    stand_in.behave(status=429, **said)

    async with connected(stand_in.url) as model:
        answer = await ask(model)
    assert answer.failure is not None
    assert answer.failure.retry_after_seconds == seconds
    assert stand_in.counts()["received"] == 1


async def test_milliseconds_are_waited(stand_in: StandInControl) -> None:
    stand_in.next({"status": 429, "retry_after_ms": "400", "retry_after": "60"})

    async with connected(stand_in.url) as model:
        answer = await ask(model)
    assert (answer.text, answer.report.attempts) == (TEXT, 2)
    assert 0.4 <= answer.seconds < 5
