"""Writing one reply: ask the model, pass its text on as it arrives, store the outcome."""

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Protocol

import structlog

from clients.llm import GenerationFailed
from db.reply_key import ReplyKey
from db.states import MessageStatus, ReplyFailure
from services.generation.failures import failure_of_generation
from services.generation.fallback import FallbackChain, seconds_left
from services.generation.models.calls import Calls, Part
from services.generation.models.catalogue import ModelCatalogue
from services.generation.records import (
    HANDED_OVER,
    INTERRUPTED,
    STOPPED,
    Assignment,
    ReplyDraft,
    ReplyOutcome,
)

_log = structlog.get_logger("guidance.replies")
RecordOutcome = Callable[[ReplyKey, ReplyOutcome, ReplyDraft], Awaitable[bool]]
"""Stores the outcome and the text of a reply; False if the reply was not the writer's any more."""
RecordParts = Callable[[ReplyKey, tuple[Part, ...]], Awaitable[None]]
"""Stores who wrote which part of a reply so far, as far as the reply is the writer's."""


class TextSink(Protocol):
    """Receives the text of one reply as it arrives."""

    @property
    def text(self) -> str:
        """The text added so far."""
        ...

    @property
    def ends(self) -> tuple[int, ...]:
        """The offsets in `text` at which its pieces end."""
        ...

    async def open(self, draft: Callable[[], ReplyDraft]) -> None:
        """Begin, after what was written earlier; `draft` returns the reply so far, at any time."""
        ...

    def add(self, text: str) -> None:
        """Add the next text, which may be empty."""
        ...

    async def close(self) -> None:
        """Stop taking text; `text` does not change after this."""
        ...

    async def finish(self, outcome: ReplyOutcome | None) -> None:
        """End, after `outcome` was stored; None if it could not be, or was another's to store."""
        ...


class ReplyWriter:
    """Writes one reply; `write` is called once, the other methods at any time."""

    def __init__(
        self,
        assignment: Assignment,
        *,
        models: ModelCatalogue,
        sink: TextSink,
        record: RecordOutcome,
        record_parts: RecordParts,
    ) -> None:
        self._assignment = assignment
        self._sink = sink
        self._record = record
        self._record_parts = record_parts
        earlier = assignment.earlier
        chain = models.named(assignment.models)
        timeout_seconds = seconds_left(models.timeout_seconds, earlier.elapsed_ms / 1000)
        self._chain = FallbackChain(chain, timeout_seconds)
        self._calls = Calls(chain[0].name, earlier.parts, earlier.attempts)
        self._started = perf_counter()
        self._generation: asyncio.Task[None] | None = None
        self._interruption: ReplyOutcome | None = STOPPED if earlier.is_to_stop else None

    @property
    def key(self) -> ReplyKey:
        """The reply, and whose it is."""
        return self._assignment.key

    @property
    def draft(self) -> ReplyDraft:
        """The reply as written so far."""
        return ReplyDraft(
            text=self._sink.text,
            ends=self._sink.ends,
            report=self._calls.report,
            calls=self._calls,
            latency_ms=self._assignment.earlier.elapsed_ms
            + round((perf_counter() - self._started) * 1000),
        )

    def interrupt(self, outcome: ReplyOutcome) -> None:
        """Cancel the call to the model; the reply ends with this outcome and the text so far."""
        if self._interruption is None:
            self._interruption = outcome
            if self._generation is not None:
                self._generation.cancel()

    async def write(self) -> ReplyOutcome | None:
        """Write the reply to its end and return the outcome, which may be `HANDED_OVER`.

        None if the reply was no longer this process's.
        """
        await self._sink.open(lambda: self.draft)
        recorded = None
        try:
            outcome = await self._generate()
            if outcome.status is MessageStatus.COMPLETE and not self._sink.text:
                outcome = ReplyOutcome(MessageStatus.FAILED, ReplyFailure.UNAVAILABLE)
            if await self._record(self.key, outcome, self.draft):
                recorded = outcome
        finally:
            await self._sink.finish(recorded)
        return recorded

    def hand_over(self) -> None:
        """Leave the reply to another process, as far as it is written."""
        self.interrupt(HANDED_OVER)

    async def _generate(self) -> ReplyOutcome:
        generating = self._chain.write(
            self._assignment.prompt,
            self._assignment.earlier.text,
            self._calls,
            self._sink.add,
            self._record_seam,
        )
        self._generation = asyncio.create_task(generating)
        if self._interruption is not None:
            self._generation.cancel()
        await asyncio.wait([self._generation])
        await self._sink.close()
        return self._outcome(self._generation)

    async def _record_seam(self) -> None:
        await self._record_parts(self._assignment.key, self._calls.parts_so_far)

    def _outcome(self, generation: "asyncio.Task[None]") -> ReplyOutcome:
        if generation.cancelled():
            return self._interruption or INTERRUPTED
        error = generation.exception()
        if error is None:
            return ReplyOutcome(MessageStatus.COMPLETE)
        if isinstance(error, GenerationFailed):
            failure = failure_of_generation(error)
            return ReplyOutcome(MessageStatus.FAILED, failure, error.retry_after_seconds)
        _log.error("a reply failed", reply=self._assignment.reply_id, exc_info=error)
        return ReplyOutcome(MessageStatus.FAILED, ReplyFailure.UNAVAILABLE)
