"""Streams in the memory of one process."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from streams.records import Delta, StreamUnknown

ENDED_SECONDS = 10
"""How long a stream can be followed after its end; its text is stored by then."""


@dataclass(slots=True)
class _Stream:
    deltas: list[Delta] = field(default_factory=list)
    has_ended: bool = False
    is_lost: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Wake every follower."""
        self.changed.set()
        self.changed = asyncio.Event()


class MemoryStreams:
    """Streams of replies that this process writes, or reads from Redis."""

    def __init__(self, *, ended_seconds: float = ENDED_SECONDS) -> None:
        self._streams: dict[int, _Stream] = {}
        self._ended_seconds = ended_seconds

    def begin(self, reply_id: int) -> None:
        """Create the stream, so that it can be followed before its first piece."""
        self._streams[reply_id] = _Stream()

    def count(self, reply_id: int) -> int:
        """How many pieces the stream has."""
        return len(self._streams[reply_id].deltas)

    def append(self, reply_id: int, delta: Delta) -> None:
        """Add the next piece, unless the stream was deleted."""
        stream = self._streams.get(reply_id)
        if stream is None:
            return
        stream.deltas.append(delta)
        stream.wake()

    def end(self, reply_id: int) -> None:
        """End the stream; it is deleted some time later."""
        stream = self._streams.get(reply_id)
        if stream is None:
            return
        stream.has_ended = True
        stream.wake()
        loop = asyncio.get_running_loop()
        loop.call_later(self._ended_seconds, self._drop, reply_id, stream)

    def forget(self, reply_id: int) -> None:
        """Delete the stream; followers that have not reached its end lose it."""
        stream = self._streams.pop(reply_id, None)
        if stream is not None and not stream.has_ended:
            stream.is_lost = True
            stream.wake()

    def __contains__(self, reply_id: int) -> bool:
        """Whether the reply has a stream here."""
        return reply_id in self._streams

    async def follow(self, reply_id: int, after: int) -> AsyncGenerator[Delta, None]:
        """Yield the pieces after index `after`, including those to come, until the end.

        Raises `StreamUnknown`, also midway; the pieces yielded until then are valid.
        """
        stream = self._streams.get(reply_id)
        if stream is None:
            raise StreamUnknown
        position = max(0, after)
        while True:
            while position < len(stream.deltas):
                yield stream.deltas[position]
                position += 1
            if stream.has_ended:
                return
            if stream.is_lost:
                raise StreamUnknown
            await stream.changed.wait()

    def _drop(self, reply_id: int, stream: _Stream) -> None:
        if self._streams.get(reply_id) is stream:
            del self._streams[reply_id]
