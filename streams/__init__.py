"""Replies as they are written: numbered pieces of text, followed by any number of readers."""

from collections.abc import AsyncGenerator, Sequence

from keyvalue import KeyValueError
from metrics.keyvalue import fell_back
from streams.following import RedisFollowing
from streams.memory import MemoryStreams
from streams.records import Delta, StreamUnknown, split
from streams.redis import RedisStreams
from streams.writing import Writing

__all__ = ["Delta", "ReplyStreams", "StreamUnknown", "Writing", "split"]


class ReplyStreams:
    """The streams of this process in memory and, given Redis, those of every instance.

    Redis going away disturbs no writer: whoever follows from elsewhere loses the stream.
    """

    def __init__(
        self, shared: RedisStreams | None, following: RedisFollowing | None = None
    ) -> None:
        self._own = MemoryStreams()
        self._shared = shared
        if following is None and shared is not None:
            following = RedisFollowing(shared)
        self._following = following

    async def begin(self, reply_id: int) -> Writing:
        """Make the stream of a reply, for its one writer."""
        self._own.begin(reply_id)
        writing = Writing(reply_id, self._own, self._shared)
        await writing.begin()
        return writing

    async def abandon(self, reply_id: int) -> None:
        """Say that nothing follows in a stream whose writer, in another process, is gone."""
        if self._shared is not None:
            try:
                await self._shared.end(reply_id)
            except KeyValueError:
                fell_back("streams")

    async def forget(self, reply_ids: Sequence[int]) -> None:
        """Take away what is kept of replies, and let their writers share nothing more.

        Raises `KeyValueError` where Redis cannot be told.
        """
        for reply_id in reply_ids:
            self._own.forget(reply_id)
        if self._shared is not None:
            await self._shared.forget(reply_ids)

    async def close(self) -> None:
        """End following."""
        if self._following is not None:
            await self._following.close()

    def is_own(self, reply_id: int) -> bool:
        """Whether the stream is of this process, whose writers end their streams in any case."""
        return reply_id in self._own

    def follow(self, reply_id: int, after: int) -> AsyncGenerator[Delta, None]:
        """Give the pieces after the index `after`, those to come too, until the end.

        Raises `StreamUnknown`, also in the middle; what was given until then is good.
        """
        if self._following is None or self.is_own(reply_id):
            return self._own.follow(reply_id, after)
        return self._following.follow(reply_id, after)
