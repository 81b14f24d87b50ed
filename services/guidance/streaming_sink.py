"""The sink of a reply that is streamed: each piece is stored first, then published."""

import asyncio
from collections.abc import Callable

from services.generation.records import ReplyDraft
from services.guidance.progress import ProgressWriter
from streams import ReplyStreams, ReplyStreamWriter
from streams.coalescing import PieceCoalescer


class StreamingSink:
    """A `TextSink` that cuts a text into pieces, and publishes each once it is stored."""

    def __init__(self, reply_id: int, streams: ReplyStreams, progress: ProgressWriter) -> None:
        self._reply_id = reply_id
        self._streams = streams
        self._progress = progress
        self._writer: ReplyStreamWriter | None = None
        self._saving: asyncio.Future[None] | None = None
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
        self._writer = writer = await self._streams.begin(self._reply_id)

        async def publish(text: str) -> None:
            writer.add(text)
            if self._is_closed:
                return
            is_first = not writer.has_published
            self._saving = self._progress.save_soon(self._reply_id, draft, is_first=is_first)
            await self._saving
            if not self._is_closed:
                await writer.publish()

        self._pieces = PieceCoalescer(publish)

    def add(self, text: str) -> None:
        """See `TextSink`."""
        self._pieces.add(text)

    async def close(self) -> None:
        """See `TextSink`; what is not stored yet is stored with the outcome."""
        self._is_closed = True
        if self._saving is not None and not self._saving.done():
            self._saving.set_result(None)
        await self._pieces.close()

    async def finish(self, *, is_recorded: bool) -> None:
        """See `TextSink`; the rest is published only if it was stored."""
        if self._writer is None:
            return
        if is_recorded:
            await self._writer.publish()
        await self._writer.end()
