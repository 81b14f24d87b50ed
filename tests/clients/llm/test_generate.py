"""The real client asks the stand-in over HTTP: replies, refusals, and what is tried again."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from clients.llm import FailureReason
from clients.llm.configuration import RetryPolicy
from tests.clients.llm.model_calls import (
    PROMPT,
    QUICK,
    SENT,
    TEXT,
    TOKENS,
    Answer,
    ask,
    connected,
    measured,
)
from tests.fixtures.outside.llm import StandInControl

NO_WAITING = RetryPolicy(
    retry_count=2, backoff_seconds=0, backoff_max_seconds=1.5, jitter_seconds=0
)
BACKOFF_SECONDS = "guidance_retry_backoff_seconds_sum"
BACKOFFS = "guidance_retry_backoff_total"


# Any: parts of the configuration have values of many types.
def answer_of(stand_in: StandInControl, **config: Any) -> Answer:
    async def scenario() -> Answer:
        async with connected(stand_in.url, **config) as model:
            return await ask(model)

    return asyncio.run(scenario())


def test_a_whole_reply(stand_in: StandInControl) -> None:
    answer = answer_of(stand_in)
    assert (answer.failure, answer.text) == (None, TEXT)
    assert stand_in.prompts() == [SENT]
    report = answer.report
    assert (report.model, report.attempts) == ("the model", 1)
    assert (report.prompt_tokens, report.completion_tokens) == (7, TOKENS)
    stand_in.wait_for(received=1, finished=1)


def test_the_key_is_sent(stand_in: StandInControl) -> None:
    stand_in.behave(api_key="a key")
    assert answer_of(stand_in).text == TEXT
    assert answer_of(stand_in, api_key="another").reason is FailureReason.MISCONFIGURED


async def test_a_connection_is_used_again(stand_in: StandInControl) -> None:
    async with connected(stand_in.url) as model:
        for _ in range(3):
            assert (await ask(model)).text == TEXT
    assert stand_in.counts()["connections"] == 1


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(stand_in: StandInControl, status: int) -> None:
    stand_in.next({"status": status}, {"status": status})
    answer = answer_of(stand_in)
    assert (answer.failure, answer.text, answer.report.attempts) == (None, TEXT, 3)
    assert stand_in.counts()["received"] == 3


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (400, None, FailureReason.MISCONFIGURED),
        (400, "content_filter", FailureReason.REFUSED),
        (400, "context_length_exceeded", FailureReason.CONTEXT_TOO_LONG),
        (401, None, FailureReason.MISCONFIGURED),
        (403, None, FailureReason.MISCONFIGURED),
        (404, None, FailureReason.MISCONFIGURED),
        (413, None, FailureReason.CONTEXT_TOO_LONG),
        (422, None, FailureReason.MISCONFIGURED),
    ],
)
def test_what_will_not_pass_is_not_tried_again(
    stand_in: StandInControl, status: int, code: str | None, reason: FailureReason
) -> None:
    stand_in.next({"status": status, "error_code": code, "retry_after_seconds": 0})
    answer = answer_of(stand_in)
    assert (answer.reason, answer.text, answer.report.attempts) == (reason, "", 1)
    assert stand_in.counts()["received"] == 1


def test_retries_run_out(stand_in: StandInControl) -> None:
    stand_in.behave(status=503)
    before = measured("guidance_generation_attempts_total", outcome="unavailable")
    answer = answer_of(stand_in)
    assert (answer.reason, answer.report.attempts) == (FailureReason.UNAVAILABLE, 3)
    assert stand_in.counts() == {
        "received": 3,
        "connections": 1,
        "running": 0,
        "finished": 0,
        "refused": 3,
        "broken": 0,
        "cancelled": 0,
    }
    assert measured("guidance_generation_attempts_total", outcome="unavailable") == before + 3


def test_no_retries_when_none_are_wanted(stand_in: StandInControl) -> None:
    stand_in.behave(status=503)
    answer = answer_of(stand_in, retries=replace(QUICK, retry_count=0))
    assert (answer.reason, stand_in.counts()["received"]) == (FailureReason.UNAVAILABLE, 1)


async def test_nobody_listens() -> None:
    async with connected("http://127.0.0.1:1/v1") as model:
        answer = await ask(model)
    assert (answer.reason, answer.report.attempts) == (FailureReason.UNAVAILABLE, 3)


@pytest.mark.parametrize(("form", "least"), [("seconds", 1.0), ("date", 0.0)])
def test_what_the_model_asks_for_is_waited(
    stand_in: StandInControl, form: str, least: float
) -> None:
    """A date has whole seconds, so that one in a second may be nearly now."""
    stand_in.next({"status": 429, "retry_after_seconds": 1, "retry_after_form": form})
    slept = measured(BACKOFF_SECONDS)
    answer = answer_of(stand_in)
    slept = measured(BACKOFF_SECONDS) - slept
    assert (answer.text, answer.report.attempts) == (TEXT, 2)
    assert least <= slept <= answer.seconds
    assert slept < 2


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_wait_beyond_the_deadline_is_not_begun(stand_in: StandInControl, form: str) -> None:
    stand_in.behave(status=429, retry_after_seconds=60, retry_after_form=form)
    before = measured(BACKOFFS)
    answer = answer_of(stand_in, timeout_seconds=10)
    assert (answer.reason, answer.report.attempts) == (FailureReason.UNAVAILABLE, 1)
    assert answer.failure is not None
    assert answer.failure.retry_after_seconds in {59, 60}
    assert answer.seconds < 5
    assert measured(BACKOFFS) == before


def test_the_metrics_say_what_was_really_slept(stand_in: StandInControl) -> None:
    stand_in.next({"status": 503}, {"status": 503})
    policy = RetryPolicy(
        retry_count=2, backoff_seconds=0.1, backoff_max_seconds=0.25, jitter_seconds=0.1
    )
    seconds, count = measured(BACKOFF_SECONDS), measured(BACKOFFS)
    answer = answer_of(stand_in, retries=policy)
    slept = measured(BACKOFF_SECONDS) - seconds
    # 0.1 and 0.15, which is the longest without its jitter, each with half of the jitter.
    assert 0.349 <= slept <= answer.seconds
    assert measured(BACKOFFS) - count == 2


def test_without_backoff_it_is_tried_again_at_once(stand_in: StandInControl) -> None:
    stand_in.next({"status": 503}, {"status": 503})
    seconds, count = measured(BACKOFF_SECONDS), measured(BACKOFFS)
    answer = answer_of(stand_in, retries=NO_WAITING)
    assert (answer.text, answer.report.attempts) == (TEXT, 3)
    assert measured(BACKOFFS) - count == 2
    assert measured(BACKOFF_SECONDS) - seconds < 0.1


def test_pieces_are_never_empty_and_their_number_does_not_matter(
    stand_in: StandInControl,
) -> None:
    stand_in.behave(mode="echo")
    answer = answer_of(stand_in)
    assert answer.text == f"[stand-in] {PROMPT[-1].content}"
    assert all(answer.pieces)
