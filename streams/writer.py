"""Writing the stream of one reply, in memory and in Redis."""

from keyvalue import KeyValueError
from metrics.keyvalue import count_fallback
from streams.memory import MemoryStreams
from streams.records import Delta, StreamStart
from streams.redis import RedisStreams, StreamEnded


class ReplyStreamWriter:
    """Adds and publishes the pieces of one reply, after those of its writers before."""

    def __init__(
        self, reply_id: int, own: MemoryStreams, shared: RedisStreams | None, start: StreamStart
    ) -> None:
        self._reply_id = reply_id
        self._own = own
        self._shared = shared
        self._number = start.writer
        # What an earlier writer began may have been ended since, or emptied by an erasure.
        self._has_begun = start.writer > 1
        self._is_complete_in_redis = False
        self._parts: list[str] = []
        self._ends: list[int] = []
        self._published = 0
        self._start = start

    @property
    def text(self) -> str:
        """The whole text added."""
        return "".join(self._parts)

    @property
    def ends(self) -> tuple[int, ...]:
        """The offsets in `text` at which the pieces end."""
        return tuple(self._ends)

    @property
    def has_published(self) -> bool:
        """Whether a piece was published."""
        return self._published > 0

    async def begin(self) -> None:
        """Create the stream, and publish the pieces that it starts with."""
        self._own.begin(self._reply_id)
        for piece in self._start.pieces:
            self.add(piece)
            self._published += 1
            self._own.append(self._reply_id, Delta(self._published, piece))
        if self._shared is not None:
            await self._share(self._shared, None)

    def add(self, text: str) -> None:
        """Add the next piece without publishing it."""
        self._parts.append(text)
        self._ends.append((self._ends[-1] if self._ends else 0) + len(text))

    async def publish(self) -> None:
        """Publish the pieces added so far to the followers."""
        while self._published < len(self._parts):
            self._published += 1
            delta = Delta(self._published, self._parts[self._published - 1])
            self._own.append(self._reply_id, delta)
            if self._shared is not None:
                await self._share(self._shared, delta)

    async def append(self, text: str) -> None:
        """Add the next piece, and publish it."""
        self.add(text)
        await self.publish()

    async def end(self) -> None:
        """End the stream."""
        self._own.end(self._reply_id)
        if self._shared is not None:
            try:
                await self._shared.end(self._reply_id, self._number)
            except KeyValueError:
                count_fallback("streams")

    async def leave(self) -> None:
        """Write no more; followers find the stream with whoever goes on with it."""
        self._own.forget(self._reply_id)
        if self._shared is not None:
            try:
                await self._shared.leave(self._reply_id)
            except KeyValueError:
                count_fallback("streams")

    async def _share(self, shared: RedisStreams, delta: Delta | None) -> None:
        """Append the piece in Redis; if pieces are missing there, write the whole stream again."""
        is_complete, self._is_complete_in_redis = self._is_complete_in_redis, False
        try:
            if not (
                is_complete and delta and await shared.append(self._reply_id, self._number, delta)
            ):
                await shared.write(
                    self._reply_id,
                    self._number,
                    self._parts[: self._published],
                    is_rewrite=self._has_begun,
                )
                self._has_begun = True
            self._is_complete_in_redis = True
        except KeyValueError:
            count_fallback("streams")
        except StreamEnded:
            self._shared = None
