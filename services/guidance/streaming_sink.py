"""The sink of a reply that is streamed: each piece is stored first, then published."""

import asyncio
from collections.abc import Callable

from db.states import MessageStatus
from services.generation.records import Assignment, EarlierWriting, ReplyDraft, ReplyOutcome
from services.guidance.progress import ProgressWriter
from streams import ReplyStreams, ReplyStreamWriter, StreamStart, split_pieces
from streams.coalescing import PieceCoalescer


class StreamingSink:
    """A `TextSink` that cuts a text into pieces, and publishes each once it is stored."""

    def __init__(
        self, assignment: Assignment, streams: ReplyStreams, progress: ProgressWriter
    ) -> None:
        self._reply = assignment.key
        self._start = stream_start(assignment.earlier)
        self._streams = streams
        self._progress = progress
        self._writer: ReplyStreamWriter | None = None
        self._saving: asyncio.Future[bool] | None = None
        self._is_closed = False

    @property
    def text(self) -> str:
        """See `TextSink`."""
        return self._writer.text if self._writer else ""

    @property
    def ends(self) -> tuple[int, ...]:
        """See `TextSink`."""
        return self._writer.ends if self._writer else ()

    async def open(self, draft: Callable[[], ReplyDraft]) -> None:
        """See `TextSink`."""
        self._writer = writer = await self._streams.begin(self._reply.reply_id, self._start)

        async def publish(text: str) -> None:
            writer.add(text)
            if self._is_closed:
                return
            is_first = not writer.has_published
            self._saving = self._progress.save_soon(self._reply, draft, is_first=is_first)
            if await self._saving and not self._is_closed:
                await writer.publish()

        self._pieces = PieceCoalescer(publish)

    def add(self, text: str) -> None:
        """See `TextSink`."""
        self._pieces.add(text)

    async def close(self) -> None:
        """See `TextSink`; what is not stored yet is stored with the outcome."""
        self._is_closed = True
        if self._saving is not None and not self._saving.done():
            self._saving.set_result(False)
        await self._pieces.close()

    async def finish(self, outcome: ReplyOutcome | None) -> None:
        """See `TextSink`; the rest is published only if it was stored.

        The stream goes on elsewhere if another process goes on with the reply, or may do so.
        """
        if self._writer is None:
            return
        if outcome is not None:
            await self._writer.publish()
        if outcome is None or outcome.status is MessageStatus.STREAMING:
            await self._writer.leave()
        else:
            await self._writer.end()


def stream_start(earlier: EarlierWriting) -> StreamStart:
    """Where a stream begins for the next writer: after the stored pieces."""
    pieces = [one.text for one in split_pieces(earlier.text, earlier.ends, 0)]
    rest = earlier.text[earlier.ends[-1] if earlier.ends else 0 :]
    return StreamStart((*pieces, rest) if rest else pieces, earlier.next_writer)
