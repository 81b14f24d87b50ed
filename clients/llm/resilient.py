"""The language model as it is asked: with a deadline, retries, their budget, and a breaker."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from math import ceil

import stamina

from clients.llm import FailureReason, GenerationFailed, GenerationReport, PromptMessage
from clients.llm.breaker import Breaker, BreakerOpen
from clients.llm.budget import RetryBudget
from clients.llm.chat_api import ChatApi
from clients.llm.configuration import LanguageModelConfig
from clients.llm.failures import AttemptFailed
from clients.llm.retrying import Retries
from metrics.generation import ATTEMPTS, BREAKER_STATE, FIRST_PIECE_SECONDS, GENERATIONS
from spans.attribution import attributed
from spans.part import Kind, Part

_PIECE = Part(Kind.MODEL, "model")
_OK, _CANCELLED = "ok", "cancelled"


class ResilientModel:
    """A `LanguageModel`; `chance` gives numbers from 0 to 1.

    One deadline is over everything: the attempts, the waits between them, and the reply's own
    duration. It is held at each piece that is waited for, and never while the caller has the turn,
    whose task it would otherwise interrupt at a place of its own.
    """

    def __init__(
        self,
        api: ChatApi,
        config: LanguageModelConfig,
        *,
        breaker: Breaker,
        chance: Callable[[], float],
    ) -> None:
        self._api = api
        self._config = config
        self._chance = chance
        self._budget = RetryBudget()
        self._breaker = breaker

    async def generate(
        self, messages: Sequence[PromptMessage], report: GenerationReport
    ) -> AsyncGenerator[str, None]:
        """Give the reply in pieces; see `LanguageModel`."""
        started = _now()
        deadline = started + self._config.timeout_seconds
        outcome = _CANCELLED
        self._budget.note_call(started)
        try:
            pieces, first = await self._begin(messages, report, deadline)
            FIRST_PIECE_SECONDS.observe(_now() - started)
            async with aclosing(pieces):
                yield first
                async for piece in pieces:
                    yield piece
            outcome = _OK
        except (AttemptFailed, BreakerOpen) as error:
            failure = _as_caller_sees(error)
            outcome = failure.reason.value
            raise failure from error
        finally:
            GENERATIONS.labels(outcome).inc()

    async def _begin(
        self, messages: Sequence[PromptMessage], report: GenerationReport, deadline: float
    ) -> tuple[AsyncGenerator[str, None], str]:
        """Make attempts until one gives a first piece; nothing is retried after that."""
        retries = Retries(
            self._config.retries,
            self._budget,
            self._breaker,
            deadline=deadline,
            seconds=_now,
            chance=self._chance,
        )
        try:
            # How often and how long is decided by the hook alone.
            async for attempt in stamina.retry_context(
                on=retries.wait_after, attempts=None, timeout=None
            ):
                retries.awoke()
                with attempt:
                    pieces = self._attempt(messages, report, deadline)
                    return pieces, await anext(pieces)
        finally:
            retries.awoke()
        raise AssertionError("unreachable")

    async def _attempt(
        self, messages: Sequence[PromptMessage], report: GenerationReport, deadline: float
    ) -> AsyncGenerator[str, None]:
        """Ask once; raises `AttemptFailed`, and `BreakerOpen` without asking."""
        permit = self._breaker.admit(_now())
        BREAKER_STATE.set(self._breaker.state.value)
        report.attempts += 1
        has_begun = False
        outcome = _CANCELLED
        try:
            async with aclosing(self._api.stream(messages, report, deadline=deadline)) as pieces:
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
            # What has been told before stands.
            self._breaker.withdrawn(permit)
            BREAKER_STATE.set(self._breaker.state.value)
            ATTEMPTS.labels(outcome).inc()


async def _next(pieces: AsyncGenerator[str, None], *, has_begun: bool) -> str | None:
    """The next piece, or None after the last."""
    try:
        return await attributed(_PIECE, _next_of(pieces))
    except AttemptFailed as error:
        if error.reason is FailureReason.TIMEOUT:
            # A long reply that runs out of time is no sign that the model is down; silence is.
            raise AttemptFailed(FailureReason.TIMEOUT, is_down=not has_begun) from error
        if has_begun and error.reason is FailureReason.UNAVAILABLE:
            raise AttemptFailed(FailureReason.INTERRUPTED, is_down=True) from error
        raise


async def _next_of(pieces: AsyncGenerator[str, None]) -> str | None:
    return await anext(pieces, None)


def _as_caller_sees(error: AttemptFailed | BreakerOpen) -> GenerationFailed:
    if isinstance(error, BreakerOpen):
        return GenerationFailed(
            FailureReason.BREAKER_OPEN, retry_after_seconds=error.retry_after_seconds
        )
    asked = error.retry_after_seconds
    return GenerationFailed(
        error.reason, retry_after_seconds=None if asked is None else max(1, ceil(asked))
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
