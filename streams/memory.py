"""Streams within one process."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from streams.records import Delta, StreamUnknown

KEPT_SECONDS = 10
"""How long a stream can be followed after its end, when its text is stored anyway."""


@dataclass(slots=True)
class _Stream:
    deltas: list[Delta] = field(default_factory=list)
    has_ended: bool = False
    is_lost: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Let every follower look again, and wait for the next change."""
        self.changed.set()
        self.changed = asyncio.Event()


class MemoryStreams:
    """The streams of the replies that this process writes, or reads from elsewhere."""

    def __init__(self, *, kept_seconds: float = KEPT_SECONDS) -> None:
        self._streams: dict[int, _Stream] = {}
        self._kept_seconds = kept_seconds

    def begin(self, reply_id: int) -> None:
        """Make the stream, so that it can be followed before its first piece."""
        self._streams[reply_id] = _Stream()

    def number(self, reply_id: int) -> int:
        """How many pieces there are."""
        return len(self._streams[reply_id].deltas)

    def append(self, reply_id: int, delta: Delta) -> None:
        """Add the next piece, unless the stream was forgotten."""
        stream = self._streams.get(reply_id)
        if stream is None:
            return
        stream.deltas.append(delta)
        stream.wake()

    def end(self, reply_id: int) -> None:
        """Say that nothing follows; the stream is forgotten some time later."""
        stream = self._streams.get(reply_id)
        if stream is None:
            return
        stream.has_ended = True
        stream.wake()
        loop = asyncio.get_running_loop()
        loop.call_later(self._kept_seconds, self._drop, reply_id, stream)

    def forget(self, reply_id: int) -> None:
        """Drop the stream; those who follow it and have not reached its end lose it."""
        stream = self._streams.pop(reply_id, None)
        if stream is not None and not stream.has_ended:
            stream.is_lost = True
            stream.wake()

    def __contains__(self, reply_id: int) -> bool:
        """Whether the reply's stream can be followed here."""
        return reply_id in self._streams

    async def follow(self, reply_id: int, after: int) -> AsyncGenerator[Delta, None]:
        """Give the pieces after the index `after`, those to come too, until the end.

        Raises `StreamUnknown`, also in the middle; what was given until then is good.
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
