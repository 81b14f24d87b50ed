"""Following the streams in Redis: one reader a process reads all that are followed there.

It reads them into memory, where any number of followers find them. Pieces are passed on only
while their numbers join; where they do not, or something else is there, the stream is unknown.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing

from keyvalue import CommandRefused, KeyValueError, Reply
from metrics.keyvalue import fell_back, unreadable
from streams.memory import MemoryStreams
from streams.records import Delta, StreamUnknown
from streams.redis import BEGIN, END, TEXT, RedisStreams, reply_id_of

QUIET_SECONDS = 1.0
"""How long a stream may say nothing before it is given up: its writer may have lost it."""
_BLOCK_SECONDS = 0.1


class RedisFollowing:
    """Follows the streams of the replies that other instances write."""

    def __init__(self, streams: RedisStreams, *, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._streams = streams
        self._quiet_seconds = quiet_seconds
        self._read = MemoryStreams(kept_seconds=0)
        self._positions: dict[int, bytes] = {}
        self._followers: Counter[int] = Counter()
        self._reader: asyncio.Task[None] | None = None

    async def follow(self, reply_id: int, after: int) -> AsyncGenerator[Delta, None]:
        """Give the pieces after the index `after` until the end.

        Raises `StreamUnknown`, also where nothing comes for a while: what is stored knows more.
        """
        await self._join(reply_id)
        try:
            async with aclosing(self._read.follow(reply_id, after)) as deltas:
                while (delta := await self._next(deltas)) is not None:
                    yield delta
        finally:
            self._leave(reply_id)

    async def close(self) -> None:
        """End the reader."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def _next(self, deltas: AsyncGenerator[Delta, None]) -> Delta | None:
        try:
            async with asyncio.timeout(self._quiet_seconds):
                return await anext(deltas, None)
        except TimeoutError:
            raise StreamUnknown from None

    async def _join(self, reply_id: int) -> None:
        if not await self._is_there(reply_id):
            raise StreamUnknown
        self._followers[reply_id] += 1
        if reply_id not in self._positions:
            self._read.begin(reply_id)
            self._positions[reply_id] = b"0"
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read_on())

    async def _is_there(self, reply_id: int) -> bool:
        try:
            return await self._streams.has(reply_id)
        except KeyValueError:
            fell_back("streams")
            return False

    def _leave(self, reply_id: int) -> None:
        self._followers[reply_id] -= 1
        if not self._followers[reply_id]:
            del self._followers[reply_id]
            self._forget(reply_id)

    def _forget(self, reply_id: int) -> None:
        self._positions.pop(reply_id, None)
        self._read.forget(reply_id)

    async def _read_on(self) -> None:
        """Read whatever is followed; what cannot be read any more becomes unknown."""
        try:
            while self._positions:
                for key, entries in await self._answer():
                    self._take(reply_id_of(key), entries)
        except KeyValueError:
            fell_back("streams")
        finally:
            for reply_id in tuple(self._positions):
                self._forget(reply_id)

    async def _answer(self) -> Reply:
        """What follows in any of the streams; one that is no stream any more is given up."""
        try:
            return await self._streams.read(self._positions, blocks_seconds=_BLOCK_SECONDS) or ()
        except CommandRefused:
            followed = tuple(self._positions)
            lost = [one for one in followed if not await self._streams.has(one)]
            for reply_id in lost or followed:
                self._forget(reply_id)
            return ()

    def _take(self, reply_id: int, entries: Reply) -> None:
        for entry_id, fields in entries:
            if reply_id not in self._positions:
                return
            self._positions[reply_id] = entry_id
            delta = self._delta(reply_id, entry_id, fields)
            if delta is not None:
                self._read.append(reply_id, delta)
            elif fields == [END, b""]:
                del self._positions[reply_id]
                self._read.end(reply_id)
            elif fields != [BEGIN, b""]:
                unreadable("streams")
                self._forget(reply_id)

    def _delta(self, reply_id: int, entry_id: bytes, fields: Reply) -> Delta | None:
        """The piece in an entry, if it is the one that is due."""
        index = self._read.number(reply_id) + 1
        if len(fields) != 2 or fields[0] != TEXT or entry_id != b"%d-0" % index:  # noqa: PLR2004
            return None
        try:
            return Delta(index, fields[1].decode())
        except UnicodeDecodeError:
            return None
