"""The text of a reply that people read while it is written: stored first, then shown."""

import asyncio
from collections.abc import Callable

from services.generation.records import Written
from services.guidance.progress import Progress
from streams import ReplyStreams, Writing
from streams.coalescing import Coalescing


class StreamedText:
    """Cuts a text into pieces, has each stored, and shows it then: a `Sink`."""

    def __init__(self, reply_id: int, streams: ReplyStreams, progress: Progress) -> None:
        self._reply_id = reply_id
        self._streams = streams
        self._progress = progress
        self._writing: Writing | None = None
        self._storing: asyncio.Future[None] | None = None
        self._is_closed = False

    @property
    def text(self) -> str:
        """See `Sink`."""
        return self._writing.text if self._writing else ""

    @property
    def ends(self) -> tuple[int, ...]:
        """See `Sink`."""
        return self._writing.ends if self._writing else ()

    async def open(self, written: Callable[[], Written]) -> None:
        """See `Sink`."""
        self._writing = writing = await self._streams.begin(self._reply_id)

        async def pass_on(text: str) -> None:
            writing.add(text)
            if self._is_closed:
                return
            is_first = not writing.has_shown
            self._storing = self._progress.stored(self._reply_id, written, is_first=is_first)
            await self._storing
            if not self._is_closed:
                await writing.show()

        self._pieces = Coalescing(pass_on)

    def add(self, text: str) -> None:
        """See `Sink`."""
        self._pieces.add(text)

    async def close(self) -> None:
        """See `Sink`; what is not stored yet is stored with the reply's end."""
        self._is_closed = True
        if self._storing is not None and not self._storing.done():
            self._storing.set_result(None)
        await self._pieces.close()

    async def finish(self, *, is_recorded: bool) -> None:
        """See `Sink`; the rest is shown only if it is stored."""
        if self._writing is None:
            return
        if is_recorded:
            await self._writing.show()
        await self._writing.end()
