"""Writing one reply: asking the model, passing on what comes, recording how it ended."""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Protocol

import structlog

from clients.llm import GenerationFailed, GenerationReport, LanguageModel
from services.generation.failures import failure_of_generation
from services.generation.records import (
    INTERRUPTED,
    Assignment,
    Ending,
    ReplyFailure,
    ReplyStatus,
    Written,
)
from services.generation.text import generate_text

_log = structlog.get_logger("guidance.replies")
Record = Callable[[int, Ending, Written], Awaitable[bool]]
"""Stores how a reply ended, and what there is of it; False where it was not the writer's to end."""


class Sink(Protocol):
    """Where the text of one reply goes while it comes."""

    @property
    def text(self) -> str:
        """All that was added and is to be kept."""
        ...

    @property
    def ends(self) -> tuple[int, ...]:
        """Where the pieces of `text` end."""
        ...

    async def open(self, written: Callable[[], Written]) -> None:
        """Begin; `written` tells at any time what there is of the reply."""
        ...

    def add(self, text: str) -> None:
        """Take the next text, which may be empty."""
        ...

    async def close(self) -> None:
        """Take nothing more: `text` is what it will be."""
        ...

    async def finish(self, *, is_recorded: bool) -> None:
        """End, once the end of the reply and its text are stored, or are not going to be."""
        ...


class Writer:
    """Writes one reply; `write` is called once, the rest at any time."""

    def __init__(
        self,
        assignment: Assignment,
        *,
        model: LanguageModel,
        model_name: str,
        sink: Sink,
        record: Record,
    ) -> None:
        self._assignment = assignment
        self._model = model
        self._sink = sink
        self._record = record
        self._report = GenerationReport(model=model_name)
        self._started = perf_counter()
        self._asking: asyncio.Task[None] | None = None
        self._cut_off: Ending | None = None

    @property
    def written(self) -> Written:
        """What there is of the reply now."""
        return Written(
            text=self._sink.text,
            ends=self._sink.ends,
            report=self._report,
            latency_ms=round((perf_counter() - self._started) * 1000),
        )

    def cut_off(self, ending: Ending) -> None:
        """Cancel the call to the model and let the reply end as given, with what has arrived."""
        if self._cut_off is None:
            self._cut_off = ending
            if self._asking is not None:
                self._asking.cancel()

    async def write(self) -> Ending | None:
        """Write the reply to its end, whatever that is, and give it; None if another ended it."""
        await self._sink.open(lambda: self.written)
        is_recorded = False
        try:
            ending = await self._ask()
            if ending.status is ReplyStatus.COMPLETE and not self._sink.text:
                ending = Ending(ReplyStatus.FAILED, ReplyFailure.UNAVAILABLE)
            is_recorded = await self._record(self._assignment.reply_id, ending, self.written)
        finally:
            await self._sink.finish(is_recorded=is_recorded)
        return ending if is_recorded else None

    async def _ask(self) -> Ending:
        generating = generate_text(
            self._model, self._assignment.prompt, self._report, self._sink.add
        )
        self._asking = asyncio.create_task(generating)
        if self._cut_off is not None:
            self._asking.cancel()
        await asyncio.wait([self._asking])
        await self._sink.close()
        return self._ending(self._asking)

    def _ending(self, asking: "asyncio.Task[None]") -> Ending:
        if asking.cancelled():
            return self._cut_off or INTERRUPTED
        error = asking.exception()
        if error is None:
            return Ending(ReplyStatus.COMPLETE)
        if isinstance(error, GenerationFailed):
            failure = failure_of_generation(error)
            return Ending(ReplyStatus.FAILED, failure, error.retry_after_seconds)
        _log.error("a reply failed", reply=self._assignment.reply_id, exc_info=error)
        return Ending(ReplyStatus.FAILED, ReplyFailure.UNAVAILABLE)
