"""Streams that every instance can follow, kept in Redis.

A piece is an entry of the Redis stream of its reply whose id is the piece's index, so that
reading after an index is reading after an id. One reader a process reads all streams that are
followed there into memory, where any number of followers find them.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import structlog
from redis.exceptions import RedisError

from streams.memory import MemoryStreams
from streams.records import Delta, StreamUnknown

KEPT_SECONDS = 600
"""How long a stream is kept that is not ended, after its last entry."""
ENDED_KEPT_SECONDS = 60
"""How long a stream can be followed after its end, when its text is stored anyway."""
QUIET_SECONDS = 5.0
"""How long a stream may say nothing before it is given up: its writer may have lost it."""
_BLOCK_MS = 100
_BEGIN, _TEXT, _END = b"begin", b"text", b"end"
_log = structlog.get_logger("guidance.streams")


class RedisStreams:
    """The streams of the replies that any instance writes."""

    # Any: what the client gives depends on how it was made, which its types do not tell.
    def __init__(self, redis: Any, *, quiet_seconds: float = QUIET_SECONDS) -> None:
        self._redis = redis
        self._quiet_seconds = quiet_seconds
        self._read = MemoryStreams(kept_seconds=0)
        self._positions: dict[int, bytes] = {}
        self._followers: Counter[int] = Counter()
        self._reader: asyncio.Task[None] | None = None

    async def begin(self, reply_id: int) -> None:
        """Make the stream, so that it can be followed before its first piece.

        One of the same name, which another database left behind, is replaced.
        """
        key = _key(reply_id)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.delete(key)
            pipeline.xadd(key, {_BEGIN: b""}, id="0-1")
            pipeline.expire(key, KEPT_SECONDS)
            await pipeline.execute()

    async def append(self, reply_id: int, delta: Delta) -> None:
        """Add the next piece."""
        await self._add(
            reply_id, f"{delta.index}-0", {_TEXT: delta.text.encode()}, kept_seconds=KEPT_SECONDS
        )

    async def end(self, reply_id: int) -> None:
        """Say that nothing follows."""
        await self._add(reply_id, "*", {_END: b""}, kept_seconds=ENDED_KEPT_SECONDS)

    async def forget(self, reply_ids: Sequence[int]) -> None:
        """Put an empty stream that has ended in the place of each that is there.

        Its writer, if it still has one, can add nothing to that.
        """
        for key in map(_key, reply_ids):
            if await self._redis.exists(key):
                async with self._redis.pipeline(transaction=True) as pipeline:
                    pipeline.delete(key)
                    pipeline.xadd(key, {_END: b""})
                    pipeline.expire(key, KEPT_SECONDS)
                    await pipeline.execute()

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

    async def _next(self, deltas: AsyncGenerator[Delta, None]) -> Delta | None:
        try:
            async with asyncio.timeout(self._quiet_seconds):
                return await anext(deltas, None)
        except TimeoutError:
            raise StreamUnknown from None

    async def _add(
        self, reply_id: int, entry_id: str, entry: dict[bytes, bytes], *, kept_seconds: int
    ) -> None:
        key = _key(reply_id)
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.xadd(key, entry, id=entry_id)
            pipeline.expire(key, kept_seconds)
            await pipeline.execute()

    async def _join(self, reply_id: int) -> None:
        try:
            is_known = await self._redis.exists(_key(reply_id))
        except RedisError:
            is_known = 0
        if not is_known:
            raise StreamUnknown
        self._followers[reply_id] += 1
        if reply_id not in self._positions:
            self._read.begin(reply_id)
            self._positions[reply_id] = b"0"
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read_on())

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
                wanted = {
                    _key(reply_id): position for reply_id, position in self._positions.items()
                }
                answer = await self._redis.xread(wanted, block=_BLOCK_MS)
                for key, entries in answer:
                    self._take(_reply_id(key), entries)
        except RedisError as error:
            _log.warning("streams cannot be followed", reason=type(error).__name__)
        finally:
            for reply_id in tuple(self._positions):
                self._forget(reply_id)

    # Any: entries are as the client gives them.
    def _take(self, reply_id: int, entries: list[Any]) -> None:
        for entry_id, fields in entries:
            if reply_id not in self._positions:
                return
            self._positions[reply_id] = entry_id
            if _TEXT in fields:
                index = int(entry_id.partition(b"-")[0])
                self._read.append(reply_id, Delta(index, fields[_TEXT].decode()))
            elif _END in fields:
                del self._positions[reply_id]
                self._read.end(reply_id)


def _key(reply_id: int) -> bytes:
    return b"guidance:reply:%d" % reply_id


def _reply_id(key: bytes) -> int:
    return int(key.rpartition(b":")[2])
