"""Writing the stream of one reply, here and for every instance."""

from keyvalue import KeyValueError
from metrics.keyvalue import fell_back
from streams.memory import MemoryStreams
from streams.records import Delta
from streams.redis import RedisStreams, StreamEnded


class Writing:
    """The pieces of one reply, numbered as they are added."""

    def __init__(self, reply_id: int, own: MemoryStreams, shared: RedisStreams | None) -> None:
        self._reply_id = reply_id
        self._own = own
        self._shared = shared
        self._has_begun = False
        self._is_shared = False
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

    @property
    def has_shown(self) -> bool:
        """Whether anybody may have read a piece."""
        return self._shown > 0

    async def begin(self) -> None:
        """Let other instances know of the stream, before its first piece."""
        if self._shared is not None:
            await self._share(self._shared, None)

    def add(self, text: str) -> None:
        """Add the next piece, which nobody is shown yet."""
        self._parts.append(text)
        self._ends.append((self._ends[-1] if self._ends else 0) + len(text))

    async def show(self) -> None:
        """Let those who follow read all that was added."""
        while self._shown < len(self._parts):
            self._shown += 1
            delta = Delta(self._shown, self._parts[self._shown - 1])
            self._own.append(self._reply_id, delta)
            if self._shared is not None:
                await self._share(self._shared, delta)

    async def append(self, text: str) -> None:
        """Add the next piece, and show it."""
        self.add(text)
        await self.show()

    async def end(self) -> None:
        """Say that nothing follows."""
        self._own.end(self._reply_id)
        if self._shared is not None:
            try:
                await self._shared.end(self._reply_id)
            except KeyValueError:
                fell_back("streams")

    async def _share(self, shared: RedisStreams, delta: Delta | None) -> None:
        """Add the piece to what Redis has, or write all where Redis has not all before it."""
        is_shared, self._is_shared = self._is_shared, False
        try:
            if not (is_shared and delta and await shared.append(self._reply_id, delta)):
                pieces = self._parts[: self._shown]
                await shared.write(self._reply_id, pieces, is_again=self._has_begun)
                self._has_begun = True
            self._is_shared = True
        except KeyValueError:
            fell_back("streams")
        except StreamEnded:
            self._shared = None
