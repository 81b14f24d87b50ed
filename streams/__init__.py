"""Streams of replies as they are written: numbered pieces of text, for any number of followers."""

from collections.abc import AsyncGenerator, Sequence

from keyvalue import KeyValueError
from metrics.keyvalue import count_fallback
from streams.memory import MemoryStreams
from streams.reader import RedisStreamReader
from streams.records import FIRST, Delta, StreamStart, StreamUnknown, split_pieces
from streams.redis import RedisStreams
from streams.writer import ReplyStreamWriter

__all__ = [
    "Delta",
    "ReplyStreamWriter",
    "ReplyStreams",
    "StreamStart",
    "StreamUnknown",
    "split_pieces",
]


class ReplyStreams:
    """The streams of this process in memory and, with Redis, those of all instances.

    If Redis goes away, writers continue; followers on other instances lose the stream.
    """

    def __init__(
        self, shared: RedisStreams | None, reader: RedisStreamReader | None = None
    ) -> None:
        self._own = MemoryStreams()
        self._shared = shared
        if reader is None and shared is not None:
            reader = RedisStreamReader(shared)
        self._reader = reader

    async def begin(self, reply_id: int, start: StreamStart = FIRST) -> ReplyStreamWriter:
        """Create the stream of a reply, or go on with it, and return its only writer."""
        writer = ReplyStreamWriter(reply_id, self._own, self._shared, start)
        await writer.begin()
        return writer

    async def end_abandoned(self, reply_id: int) -> None:
        """End the stream of a reply whose writer was in another process that is gone."""
        if self._shared is not None:
            try:
                await self._shared.end(reply_id)
            except KeyValueError:
                count_fallback("streams")

    async def forget(self, reply_ids: Sequence[int]) -> None:
        """Delete the streams of replies, and stop their writers from publishing more.

        Raises `KeyValueError` if Redis does not answer.
        """
        for reply_id in reply_ids:
            self._own.forget(reply_id)
        if self._shared is not None:
            await self._shared.forget(reply_ids)

    async def close(self) -> None:
        """Stop reading from Redis."""
        if self._reader is not None:
            await self._reader.close()

    def is_own(self, reply_id: int) -> bool:
        """Whether this process writes the stream; its writers end or leave their streams."""
        return reply_id in self._own

    def follow(self, reply_id: int, after: int) -> AsyncGenerator[Delta, None]:
        """Yield the pieces after index `after`, including those to come, until the end.

        Raises `StreamUnknown`, also midway; the pieces yielded until then are valid.
        """
        if self._reader is None or self.is_own(reply_id):
            return self._own.follow(reply_id, after)
        return self._reader.follow(reply_id, after)
