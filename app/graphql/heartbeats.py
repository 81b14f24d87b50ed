"""Signs of life over streams that have nothing to say, for all of a process by one timer."""

import asyncio
from collections.abc import Awaitable
from contextvars import Context
from typing import Protocol

_LOOKS = 4
"""How often a stream is looked at in the time after which it is to have a heartbeat."""


class HeartbeatStream(Protocol):
    """A stream that may be silent."""

    def beat_if_silent_since(self, instant: float) -> None:
        """Send a sign of life, where nothing was sent since; by the event loop's clock."""


class Heartbeats:
    """Has a stream beat before it has been silent for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._pause_seconds = seconds / _LOOKS
        self._silence_seconds = seconds - self._pause_seconds
        # All wait equally long, so that who was looked at first is due first.
        self._due: dict[HeartbeatStream, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, stream: HeartbeatStream) -> None:
        """Look after a stream, until it is removed."""
        self._due[stream] = asyncio.get_running_loop().time() + self._pause_seconds
        if self._timer is None:
            self._plan()

    def remove(self, stream: HeartbeatStream) -> None:
        """Look after it no more; one that is not known is fine."""
        self._due.pop(stream, None)

    def _plan(self) -> None:
        due = next(iter(self._due.values()))
        # Not in the context of whichever stream came first.
        self._timer = asyncio.get_running_loop().call_at(due, self._look, context=Context())

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        try:
            while (stream := self._first_due(now)) is not None:
                del self._due[stream]
                self._due[stream] = now + self._pause_seconds
                stream.beat_if_silent_since(now - self._silence_seconds)
        finally:
            if self._due:
                self._plan()

    def _first_due(self, now: float) -> HeartbeatStream | None:
        stream, due = next(iter(self._due.items()), (None, 0.0))
        return stream if due <= now else None


def is_sent_at_once(sending: Awaitable[None]) -> bool:
    """Whether a message can be sent without waiting; it is not sent otherwise."""
    steps = sending.__await__()
    try:
        next(steps)
    except StopIteration:
        return True
    steps.close()
    return False
