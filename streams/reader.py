"""Following streams in Redis: one task reads all the streams of a lane that are followed.

A process has one lane, with Redis Cluster a few. What is read is kept in memory, for any number of
followers. Pieces are passed on only while their indexes are consecutive; if they are not, or the
key holds something else, the stream is unknown.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing

from keyvalue import CommandRefused, KeyValueError, Reply
from metrics.keyvalue import count_fallback, unreadable
from streams.memory import MemoryStreams
from streams.records import Delta, StreamUnknown
from streams.redis import BEGIN, END, TEXT, RedisStreams, reply_id_of

IDLE_TIMEOUT_SECONDS = 1.0
"""A stream without a new piece for this long is given up: its writer may have lost Redis."""
_BLOCK_SECONDS = 0.1


class RedisStreamReader:
    """Follows the streams that other instances write."""

    def __init__(
        self, streams: RedisStreams, *, idle_timeout_seconds: float = IDLE_TIMEOUT_SECONDS
    ) -> None:
        self._streams = streams
        self._idle_timeout_seconds = idle_timeout_seconds
        self._local = MemoryStreams(ended_seconds=0)
        self._positions: defaultdict[int, dict[int, bytes]] = defaultdict(dict)
        self._followers: Counter[int] = Counter()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def follow(self, reply_id: int, after: int) -> AsyncGenerator[Delta, None]:
        """Yield the pieces after index `after`, until the end.

        Raises `StreamUnknown`, also if no piece arrives for a while: read the stored text then.
        """
        await self._join(reply_id)
        try:
            async with aclosing(self._local.follow(reply_id, after)) as deltas:
                while (delta := await self._next(deltas)) is not None:
                    yield delta
        finally:
            self._leave(reply_id)

    async def close(self) -> None:
        """Stop the tasks that read from Redis."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _next(self, deltas: AsyncGenerator[Delta, None]) -> Delta | None:
        try:
            async with asyncio.timeout(self._idle_timeout_seconds):
                return await anext(deltas, None)
        except TimeoutError:
            raise StreamUnknown from None

    async def _join(self, reply_id: int) -> None:
        if not await self._exists(reply_id):
            raise StreamUnknown
        self._followers[reply_id] += 1
        lane = self._streams.lane_of(reply_id)
        if reply_id not in self._positions[lane]:
            self._local.begin(reply_id)
            self._positions[lane][reply_id] = b"0"
        if lane not in self._tasks or self._tasks[lane].done():
            self._tasks[lane] = asyncio.create_task(self._read_all(lane))

    async def _exists(self, reply_id: int) -> bool:
        try:
            return await self._streams.has(reply_id)
        except KeyValueError:
            count_fallback("streams")
            return False

    def _leave(self, reply_id: int) -> None:
        self._followers[reply_id] -= 1
        if not self._followers[reply_id]:
            del self._followers[reply_id]
            self._forget(reply_id)

    def _forget(self, reply_id: int) -> None:
        self._positions[self._streams.lane_of(reply_id)].pop(reply_id, None)
        self._local.forget(reply_id)

    async def _read_all(self, lane: int) -> None:
        """Read the followed streams; those that cannot be read any more become unknown."""
        positions = self._positions[lane]
        try:
            while positions:
                for key, entries in await self._next_entries(positions, lane):
                    self._take(positions, reply_id_of(key), entries)
        except KeyValueError:
            count_fallback("streams")
        finally:
            for reply_id in tuple(positions):
                self._forget(reply_id)

    async def _next_entries(self, positions: dict[int, bytes], lane: int) -> Reply:
        """The next entries of any stream; a key that is no longer a stream is given up."""
        try:
            return (
                await self._streams.read(positions, block_seconds=_BLOCK_SECONDS, lane=lane) or ()
            )
        except CommandRefused:
            followed = tuple(positions)
            lost = [one for one in followed if not await self._streams.has(one)]
            for reply_id in lost or followed:
                self._forget(reply_id)
            return ()

    def _take(self, positions: dict[int, bytes], reply_id: int, entries: Reply) -> None:
        for entry_id, fields in entries:
            if reply_id not in positions:
                return
            positions[reply_id] = entry_id
            delta = self._delta(reply_id, entry_id, fields)
            if delta is not None:
                self._local.append(reply_id, delta)
            elif fields == [END, b""]:
                del positions[reply_id]
                self._local.end(reply_id)
            elif fields != [BEGIN, b""]:
                unreadable("streams")
                self._forget(reply_id)

    def _delta(self, reply_id: int, entry_id: bytes, fields: Reply) -> Delta | None:
        """The piece in an entry, if it has the next index."""
        index = self._local.count(reply_id) + 1
        if len(fields) != 2 or fields[0] != TEXT or entry_id != b"%d-0" % index:  # noqa: PLR2004
            return None
        try:
            return Delta(index, fields[1].decode())
        except UnicodeDecodeError:
            return None
