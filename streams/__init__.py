"""Replies as they are written: numbered pieces of text, followed by any number of readers."""

from collections.abc import AsyncGenerator

import structlog
from redis.exceptions import RedisError

from streams.memory import MemoryStreams
from streams.records import Delta, StreamUnknown, split
from streams.redis import RedisStreams

__all__ = ["Delta", "ReplyStreams", "StreamUnknown", "split"]
_log = structlog.get_logger("guidance.streams")


class ReplyStreams:
    """The streams of this process in memory and, given Redis, those of every instance.

    Redis going away disturbs no writer: whoever follows from elsewhere loses the stream.
    """

    def __init__(self, shared: RedisStreams | None) -> None:
        self._own = MemoryStreams()
        self._shared = shared

    async def begin(self, reply_id: int) -> "Writing":
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
            except RedisError as error:
                _log.warning("a stream stays open", reply=reply_id, reason=type(error).__name__)

    def is_own(self, reply_id: int) -> bool:
        """Whether the stream is of this process, whose writers end their streams in any case."""
        return reply_id in self._own

    def follow(self, reply_id: int, after: int) -> AsyncGenerator[Delta, None]:
        """Give the pieces after the index `after`, those to come too, until the end.

        Raises `StreamUnknown`, also in the middle; what was given until then is good.
        """
        if self._shared is None or self.is_own(reply_id):
            return self._own.follow(reply_id, after)
        return self._shared.follow(reply_id, after)


class Writing:
    """The pieces of one reply, numbered as they are added."""

    def __init__(self, reply_id: int, own: MemoryStreams, shared: RedisStreams | None) -> None:
        self._reply_id = reply_id
        self._own = own
        self._shared = shared
        self._parts: list[str] = []
        self._ends: list[int] = []
        self._shown = 0

    @property
    def text(self) -> str:
        """Everything added."""
        return "".join(self._parts)

    @property
    def ends(self) -> tuple[int, ...]:
        """Where each piece ends in `text`."""
        return tuple(self._ends)

    def add(self, text: str) -> None:
        """Add the next piece, which nobody is shown yet."""
        self._parts.append(text)
        self._ends.append((self._ends[-1] if self._ends else 0) + len(text))

    async def show(self) -> None:
        """Let those who follow read all that was added."""
        while self._shown < len(self._parts):
            self._shown += 1
            await self._show(Delta(self._shown, self._parts[self._shown - 1]))

    async def append(self, text: str) -> None:
        """Add the next piece, and show it."""
        self.add(text)
        await self.show()

    async def _show(self, delta: Delta) -> None:
        self._own.append(self._reply_id, delta)
        if self._shared is not None:
            try:
                await self._shared.append(self._reply_id, delta)
            except RedisError as error:
                self._give_up(error)

    async def end(self) -> None:
        """Say that nothing follows."""
        self._own.end(self._reply_id)
        if self._shared is not None:
            try:
                await self._shared.end(self._reply_id)
            except RedisError as error:
                self._give_up(error)

    async def begin(self) -> None:
        """Let other instances know of the stream."""
        if self._shared is not None:
            try:
                await self._shared.begin(self._reply_id)
            except RedisError as error:
                self._give_up(error)

    def _give_up(self, error: RedisError) -> None:
        """Share nothing more of this reply: a stream with a hole would be worse than none."""
        self._shared = None
        _log.warning("a reply is not shared", reply=self._reply_id, reason=type(error).__name__)
