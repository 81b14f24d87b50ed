"""Writing one reply: asking the model, streaming what comes, recording how it ended."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter

import structlog

from clients.llm import (
    FailureReason,
    GenerationFailed,
    GenerationReport,
    LanguageModel,
    PromptMessage,
)
from services.guidance.endings import Written
from services.guidance.records import Ending, ReplyFailure, ReplyStatus
from services.guidance.redaction import redact
from streams import ReplyStreams, Writing
from streams.coalescing import Coalescing

_FAILURES = {
    FailureReason.TIMEOUT: ReplyFailure.TIMED_OUT,
    FailureReason.REFUSED: ReplyFailure.REFUSED,
    FailureReason.TOO_LONG: ReplyFailure.TOO_LONG,
    FailureReason.INTERRUPTED: ReplyFailure.INTERRUPTED,
}
_log = structlog.get_logger("guidance.replies")


@dataclass(frozen=True, slots=True)
class Assignment:
    """A reply to be written."""

    reply_id: int
    prompt: tuple[PromptMessage, ...]


Record = Callable[[int, Ending, Written], Awaitable[None]]
"""Stores how a reply ended, and what there is of it."""


class Writer:
    """Writes one reply; `write` is called once, the rest at any time."""

    def __init__(
        self,
        assignment: Assignment,
        *,
        model: LanguageModel,
        model_name: str,
        streams: ReplyStreams,
        interval_seconds: float,
        record: Record,
    ) -> None:
        self._assignment = assignment
        self._model = model
        self._streams = streams
        self._interval_seconds = interval_seconds
        self._record = record
        self._report = GenerationReport(model=model_name)
        self._started = perf_counter()
        self._writing: Writing | None = None
        self._asking: asyncio.Task[None] | None = None
        self._cut_off: Ending | None = None

    @property
    def written(self) -> Written:
        """What there is of the reply now."""
        return Written(
            text=self._writing.text if self._writing else "",
            ends=self._writing.ends if self._writing else (),
            report=self._report,
            latency_ms=round((perf_counter() - self._started) * 1000),
        )

    def cut_off(self, ending: Ending) -> None:
        """Cancel the call to the model and let the reply end as given, with what has arrived."""
        if self._cut_off is None:
            self._cut_off = ending
            if self._asking is not None:
                self._asking.cancel()

    async def write(self) -> Ending:
        """Write the reply to its end, whatever that is, and give it."""
        reply_id = self._assignment.reply_id
        self._writing = await self._streams.begin(reply_id)
        try:
            ending = await self._ask(self._writing)
            if ending.status is ReplyStatus.COMPLETE and not self._writing.text:
                ending = Ending(ReplyStatus.FAILED, ReplyFailure.UNAVAILABLE)
            await self._record(reply_id, ending, self.written)
        finally:
            await self._writing.end()
        return ending

    async def _ask(self, writing: Writing) -> Ending:
        pieces = Coalescing(writing.append, interval_seconds=self._interval_seconds)
        self._asking = asyncio.create_task(self._generate(pieces))
        if self._cut_off is not None:
            self._asking.cancel()
        await asyncio.wait([self._asking])
        await pieces.close()
        return self._ending(self._asking)

    async def _generate(self, pieces: Coalescing) -> None:
        """Have the model write, without the details that identify people; they are put back."""
        contents, placeholders = redact([one.content for one in self._assignment.prompt])
        prompt = [
            PromptMessage(one.role, content)
            for one, content in zip(self._assignment.prompt, contents, strict=True)
        ]
        restorer = placeholders.restorer()
        try:
            async with aclosing(self._model.generate(prompt, self._report)) as generated:
                async for piece in generated:
                    pieces.add(restorer.feed(storable(piece)))
        finally:
            pieces.add(restorer.end())

    def _ending(self, asking: "asyncio.Task[None]") -> Ending:
        if asking.cancelled():
            return self._cut_off or Ending(ReplyStatus.FAILED, ReplyFailure.INTERRUPTED)
        error = asking.exception()
        if error is None:
            return Ending(ReplyStatus.COMPLETE)
        if isinstance(error, GenerationFailed):
            failure = failure_of_generation(error)
            return Ending(ReplyStatus.FAILED, failure, error.retry_after_seconds)
        _log.error("a reply failed", reply=self._assignment.reply_id, exc_info=error)
        return Ending(ReplyStatus.FAILED, ReplyFailure.UNAVAILABLE)


def failure_of_generation(error: GenerationFailed) -> ReplyFailure:
    """Why there is no reply, as it is stored."""
    return _FAILURES.get(error.reason, ReplyFailure.UNAVAILABLE)


def storable(piece: str) -> str:
    """The piece without what PostgreSQL and UTF-8 have no place for."""
    return piece.replace("\0", "").encode(errors="replace").decode()
