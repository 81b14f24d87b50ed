"""Hangs, cuts, rubbish and people who leave: what was given is kept, nothing goes on."""

import asyncio
from contextlib import suppress

import pytest

from clients.llm import FailureReason, GenerationFailed
from clients.llm.configuration import RetryPolicy
from clients.llm.resilience.circuit_breaker import ModelCircuitBreaker
from clients.llm.resilience.retry_budget import FLOOR, SHARE
from tests.clients.llm.model_calls import (
    PIECES,
    QUICK,
    TEXT,
    ask,
    begin,
    connected,
    measured,
    until,
)
from tests.fixtures.outside.llm import StandInControl

NO_RETRIES = RetryPolicy(retry_count=0, backoff_seconds=0, backoff_max_seconds=0, jitter_seconds=0)
OPEN_SECONDS = 0.2


async def test_silence_before_the_first_byte_ends_at_the_deadline(stand_in: StandInControl) -> None:
    stand_in.behave(hang_after=0)

    async with connected(stand_in.url, timeout_seconds=0.5) as model:
        answer = await ask(model)
    assert (answer.reason, answer.text) == (FailureReason.TIMEOUT, "")
    assert answer.report.attempts == 1
    assert 0.5 <= answer.seconds < 2
    stand_in.wait_for(received=1, cancelled=1)


async def test_silence_after_a_failed_attempt_ends_at_the_same_deadline(
    stand_in: StandInControl,
) -> None:
    stand_in.next({"status": 503}, {"hang_after": 0})

    async with connected(stand_in.url, timeout_seconds=0.5) as model:
        answer = await ask(model)
    assert (answer.reason, answer.report.attempts) == (FailureReason.TIMEOUT, 2)
    assert 0.5 <= answer.seconds < 2
    stand_in.wait_for(received=2, cancelled=1)


async def test_silence_in_the_middle_ends_at_the_deadline(stand_in: StandInControl) -> None:
    stand_in.behave(hang_after=5)

    async with connected(stand_in.url, timeout_seconds=0.5) as model:
        answer = await ask(model)
    assert (answer.reason, answer.text) == (FailureReason.TIMEOUT, "".join(PIECES[:5]))
    assert 0.5 <= answer.seconds < 2
    stand_in.wait_for(received=1, cancelled=1)


async def test_a_reply_may_not_take_longer_than_the_deadline(stand_in: StandInControl) -> None:
    stand_in.behave(tokens_per_second=20, tokens=400)

    async with connected(stand_in.url, timeout_seconds=0.5) as model:
        answer = await ask(model)
    assert answer.reason is FailureReason.TIMEOUT
    assert "".join(PIECES).startswith(answer.text)
    assert 1 <= len(answer.pieces) <= 11
    stand_in.wait_for(received=1, cancelled=1)


async def test_the_deadline_never_interrupts_the_one_who_reads(stand_in: StandInControl) -> None:
    stand_in.behave(hang_after=1)

    async with connected(stand_in.url, timeout_seconds=0.3) as model:
        pieces, _ = begin(model)
        assert await anext(pieces) == PIECES[0]
        # The reader is busy until after the deadline.
        now = asyncio.get_running_loop().time
        deadline = now() + 0.3
        await until(lambda: now() > deadline)
        with pytest.raises(GenerationFailed) as failed:
            await anext(pieces)
        assert failed.value.reason is FailureReason.TIMEOUT


async def test_a_cut_before_the_first_piece_is_tried_again(stand_in: StandInControl) -> None:
    stand_in.next({"cut_after": 0})

    async with connected(stand_in.url) as model:
        answer = await ask(model)
    assert (answer.failure, answer.text, answer.report.attempts) == (None, TEXT, 2)
    stand_in.wait_for(received=2, broken=1, finished=1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"cut_after": 5}, FailureReason.INTERRUPTED),
        ({"error_after": 5}, FailureReason.INTERRUPTED),
        ({"error_after": 5, "error_code": "content_filter"}, FailureReason.REFUSED),
        ({"malformed_after": 5}, FailureReason.MALFORMED),
    ],
)
async def test_text_that_was_given_is_kept_and_not_requested_again(
    stand_in: StandInControl, fault: dict[str, object], reason: FailureReason
) -> None:
    stand_in.behave(**fault)

    async with connected(stand_in.url) as model:
        answer = await ask(model)
    assert (answer.reason, answer.text) == (reason, "".join(PIECES[:5]))
    assert answer.report.attempts == 1
    assert stand_in.counts()["received"] == 1


@pytest.mark.parametrize("fault", [{"malformed_after": 0}, {"is_streaming": False}])
async def test_an_unreadable_response_is_not_retried(
    stand_in: StandInControl, fault: dict[str, object]
) -> None:
    stand_in.behave(**fault)

    async with connected(stand_in.url) as model:
        answer = await ask(model)
    assert (answer.reason, answer.text) == (FailureReason.MALFORMED, "")
    assert answer.report.attempts == 1
    assert stand_in.counts()["received"] == 1


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("length", FailureReason.TOO_LONG), ("content_filter", FailureReason.REFUSED)],
)
async def test_a_reply_that_ends_badly(
    stand_in: StandInControl, finish: str, reason: FailureReason
) -> None:
    stand_in.behave(finish=finish)

    async with connected(stand_in.url) as model:
        answer = await ask(model)
    assert (answer.reason, answer.text) == (reason, TEXT)
    assert (answer.report.attempts, answer.report.completion_tokens) == (1, len(PIECES))
    assert stand_in.counts()["received"] == 1


@pytest.mark.parametrize("hang_after", [0, 3])
async def test_cancelling_closes_the_call(stand_in: StandInControl, hang_after: int) -> None:
    stand_in.behave(hang_after=hang_after)
    before = measured("guidance_generations_total", outcome="cancelled")

    async with connected(stand_in.url) as model:
        asking = asyncio.create_task(ask(model))
        await asyncio.to_thread(stand_in.wait_for, running=1)
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        assert asking.cancelled()
        await asyncio.to_thread(stand_in.wait_for, received=1, running=0, cancelled=1)
    assert measured("guidance_generations_total", outcome="cancelled") == before + 1


async def test_closing_between_two_pieces_closes_the_call(stand_in: StandInControl) -> None:
    stand_in.behave(hang_after=3)

    async with connected(stand_in.url) as model:
        pieces, report = begin(model)
        assert "".join(PIECES[:3]).startswith(await anext(pieces))
        await pieces.aclose()
        await asyncio.to_thread(stand_in.wait_for, received=1, running=0, cancelled=1)
        assert (report.attempts, report.completion_tokens) == (1, None)


async def test_cancelling_ends_a_wait_and_records_what_was_slept(stand_in: StandInControl) -> None:
    stand_in.behave(status=503)
    slowly = RetryPolicy(
        retry_count=2, backoff_seconds=10, backoff_max_seconds=10, jitter_seconds=0
    )

    slept = measured("guidance_retry_backoff_seconds_sum")
    count = measured("guidance_retry_backoff_total")
    async with connected(stand_in.url, retries=slowly) as model:
        failed = measured("guidance_generation_attempts_total", outcome="unavailable")
        asking = asyncio.create_task(ask(model))
        await until(
            lambda: failed < measured("guidance_generation_attempts_total", outcome="unavailable")
        )
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
    assert measured("guidance_retry_backoff_total") == count + 1
    assert 0 < measured("guidance_retry_backoff_seconds_sum") - slept < 5
    assert stand_in.counts()["received"] == 1


async def test_a_model_that_is_down_is_left_alone_until_it_is_back(
    stand_in: StandInControl,
) -> None:
    stand_in.behave(status=503)
    breaker = ModelCircuitBreaker(failures=4, open_seconds=OPEN_SECONDS)

    async with connected(stand_in.url, breaker=breaker, retries=NO_RETRIES) as model:
        failed = [(await ask(model)).reason for _ in range(4)]
        assert failed == [FailureReason.UNAVAILABLE] * 4
        refused = await ask(model)
        assert refused.failure is not None
        assert (refused.reason, refused.failure.retry_after_seconds) == (
            FailureReason.BREAKER_OPEN,
            1,
        )
        assert refused.report.attempts == 0
        assert stand_in.counts()["received"] == 4
        assert measured("guidance_generation_breaker_state", model="the model") == 2
        await until(lambda: breaker.admits(asyncio.get_running_loop().time()))
        # Still down: one call finds out, and only one.
        assert (await ask(model)).reason is FailureReason.UNAVAILABLE
        assert (await ask(model)).reason is FailureReason.BREAKER_OPEN
        assert stand_in.counts()["received"] == 5
        stand_in.behave(status=None)
        await until(lambda: breaker.admits(asyncio.get_running_loop().time()))
        together = await asyncio.gather(*(ask(model) for _ in range(5)))
        reasons = sorted(str(answer.reason) for answer in together)
        assert reasons == [str(FailureReason.BREAKER_OPEN)] * 4 + ["None"]
        assert (await ask(model)).text == TEXT
        assert measured("guidance_generation_breaker_state", model="the model") == 0


@pytest.mark.parametrize("status", [400, 401, 409, 429])
async def test_a_model_that_answers_is_not_down(stand_in: StandInControl, status: int) -> None:
    stand_in.behave(status=status)

    breaker = ModelCircuitBreaker(failures=2)
    async with connected(stand_in.url, breaker=breaker, retries=NO_RETRIES) as model:
        reasons = {(await ask(model)).reason for _ in range(4)}
    assert FailureReason.BREAKER_OPEN not in reasons
    assert stand_in.counts()["received"] == 4


async def test_calls_that_hang_show_that_it_is_down(stand_in: StandInControl) -> None:
    stand_in.behave(hang_after=0)

    breaker = ModelCircuitBreaker(failures=3)
    async with connected(stand_in.url, breaker=breaker, timeout_seconds=0.3) as model:
        hung = await asyncio.gather(*(ask(model) for _ in range(3)))
        assert [answer.reason for answer in hung] == [FailureReason.TIMEOUT] * 3
        assert (await ask(model)).reason is FailureReason.BREAKER_OPEN


async def test_a_flood_of_failures_is_not_made_a_larger_one(stand_in: StandInControl) -> None:
    calls = 100
    stand_in.behave(status=503)
    forgone = measured("guidance_generation_retries_forgone_total")

    async with connected(stand_in.url, retries=QUICK) as model:
        answers = await asyncio.gather(*(ask(model) for _ in range(calls)))
    assert {answer.reason for answer in answers} == {FailureReason.UNAVAILABLE}
    attempts = sum(answer.report.attempts for answer in answers)
    assert attempts == calls + FLOOR + SHARE * calls
    assert stand_in.counts()["received"] == 130
    assert measured("guidance_generation_retries_forgone_total") == forgone + calls
