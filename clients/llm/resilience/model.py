"""The language model with a deadline, retries, a retry budget and a circuit breaker."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from math import ceil

import stamina

from clients.llm import (
    ALONE,
    FailureReason,
    GenerationFailed,
    GenerationReport,
    PromptMessage,
    TimeShare,
)
from clients.llm.chat_api import ChatApi
from clients.llm.configuration import LanguageModelConfig
from clients.llm.patience import Patience
from clients.llm.resilience.circuit_breaker import CircuitOpen, ModelCircuitBreaker
from clients.llm.resilience.retries import Retries
from clients.llm.resilience.retry_budget import RetryBudget
from clients.llm.response.failures import AttemptFailed
from metrics.generation import ATTEMPTS, BREAKER_STATE, FIRST_PIECE_SECONDS, GENERATIONS
from spans.attribution import attributed, begin_recorded
from spans.part import Kind, Part

_ATTEMPT = Part(Kind.ATTEMPT, "chat")
_PIECE = Part(Kind.MODEL, "model")
_OK, _CANCELLED = "ok", "cancelled"


class ResilientModel:
    """A `LanguageModel`; `chance` returns random numbers from 0 to 1.

    One deadline covers the attempts, the waits between them, and the reply itself. It applies only
    while a piece is awaited, never while the caller handles one: it must not interrupt the caller.
    Where another model can be asked, this one may be silent only for its share of the time.
    """

    def __init__(
        self,
        api: ChatApi,
        config: LanguageModelConfig,
        *,
        breaker: ModelCircuitBreaker,
        chance: Callable[[], float],
    ) -> None:
        self._api = api
        self._config = config
        self._chance = chance
        self._budget = RetryBudget()
        self._breaker = breaker

    async def generate(
        self,
        messages: Sequence[PromptMessage],
        report: GenerationReport,
        time: TimeShare = ALONE,
    ) -> AsyncGenerator[str, None]:
        """See `LanguageModel`."""
        started = _now()
        patience = Patience(time, self._config.timeout_seconds)
        outcome = _CANCELLED
        self._budget.record_call(started)
        try:
            pieces, first = await self._begin(messages, report, patience)
            FIRST_PIECE_SECONDS.observe(_now() - started)
            async with aclosing(pieces):
                yield first
                async for piece in pieces:
                    yield piece
            outcome = _OK
        except (AttemptFailed, CircuitOpen) as error:
            failure = _generation_failure(error)
            outcome = failure.reason.value
            raise failure from error
        finally:
            GENERATIONS.labels(outcome).inc()

    async def _begin(
        self, messages: Sequence[PromptMessage], report: GenerationReport, patience: Patience
    ) -> tuple[AsyncGenerator[str, None], str]:
        """Make attempts until one yields a first piece; nothing is retried after that."""
        retries = Retries(
            self._config.retries,
            self._budget,
            self._breaker,
            deadline=patience.until,
            has_successor=patience.has_successor,
            seconds=_now,
            chance=self._chance,
        )
        try:
            # The hook alone decides how often to retry and how long to wait.
            async for attempt in stamina.retry_context(
                on=retries.next_wait, attempts=None, timeout=None
            ):
                retries.record_wait()
                with attempt:
                    pieces = self._attempt(messages, report, patience)
                    return pieces, await anext(pieces)
        finally:
            retries.record_wait()
        raise AssertionError("unreachable")

    async def _attempt(
        self,
        messages: Sequence[PromptMessage],
        report: GenerationReport,
        patience: Patience,
    ) -> AsyncGenerator[str, None]:
        """Make one attempt; raises `AttemptFailed`, or `CircuitOpen` if it is not permitted."""
        permit = self._breaker.admit(_now())
        state = BREAKER_STATE.labels(self._config.name)
        state.set(self._breaker.state.value)
        report.attempts += 1
        has_begun = False
        outcome = _CANCELLED
        end_span = begin_recorded(_ATTEMPT)
        try:
            async with aclosing(self._api.stream(messages, report, patience)) as pieces:
                while (piece := await _next(pieces, has_begun=has_begun)) is not None:
                    if not has_begun:
                        has_begun = True
                        self._breaker.succeeded(permit)
                    yield piece
            outcome = _OK
        except AttemptFailed as error:
            outcome = error.reason.value
            if error.is_down:
                self._breaker.failed(permit, _now())
            raise
        finally:
            # No effect if a success or failure was reported before.
            self._breaker.withdrawn(permit)
            state.set(self._breaker.state.value)
            ATTEMPTS.labels(outcome).inc()
            if end_span is not None:
                end_span(None if outcome == _OK else outcome)


async def _next(pieces: AsyncGenerator[str, None], *, has_begun: bool) -> str | None:
    """The next piece, or None after the last."""
    try:
        return await attributed(_PIECE, _next_of(pieces))
    except AttemptFailed as error:
        if error.reason is FailureReason.TIMEOUT:
            # Before the first piece, a time-out means that the model is down; later, a long reply.
            raise AttemptFailed(FailureReason.TIMEOUT, is_down=not has_begun) from error
        if has_begun and error.reason is FailureReason.UNAVAILABLE:
            raise AttemptFailed(FailureReason.INTERRUPTED, is_down=True) from error
        raise


async def _next_of(pieces: AsyncGenerator[str, None]) -> str | None:
    return await anext(pieces, None)


def _generation_failure(error: AttemptFailed | CircuitOpen) -> GenerationFailed:
    if isinstance(error, CircuitOpen):
        return GenerationFailed(
            FailureReason.BREAKER_OPEN, retry_after_seconds=error.retry_after_seconds
        )
    wait_seconds = error.retry_after_seconds
    return GenerationFailed(
        error.reason,
        retry_after_seconds=None if wait_seconds is None else max(1, ceil(wait_seconds)),
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
