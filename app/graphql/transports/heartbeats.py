"""Heartbeats of silent streams, with one timer for all streams of a transport."""

import asyncio
from collections.abc import Awaitable
from contextvars import Context
from typing import Protocol

_LOOKS = 4
"""How often a stream is checked within one heartbeat interval."""


class HeartbeatStream(Protocol):
    """A stream that needs heartbeats."""

    def beat_if_silent_since(self, instant: float) -> None:
        """Send a heartbeat if nothing was sent since `instant` of the event loop's clock."""


class Heartbeats:
    """Makes streams send a heartbeat before they have been silent for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._pause_seconds = seconds / _LOOKS
        self._silence_seconds = seconds - self._pause_seconds
        # The interval is the same for all, so that insertion order is the order of due times.
        self._due: dict[HeartbeatStream, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, stream: HeartbeatStream) -> None:
        """Check a stream until it is removed."""
        self._due[stream] = asyncio.get_running_loop().time() + self._pause_seconds
        if self._timer is None:
            self._plan()

    def remove(self, stream: HeartbeatStream) -> None:
        """Remove a stream, if it is there."""
        self._due.pop(stream, None)

    def _plan(self) -> None:
        due = next(iter(self._due.values()))
        # An empty context: the timer must not inherit that of a stream.
        self._timer = asyncio.get_running_loop().call_at(due, self._check_due, context=Context())

    def _check_due(self) -> None:
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


def try_send(sending: Awaitable[None]) -> bool:
    """Send a message if that needs no waiting; false if it would, and was not sent."""
    steps = sending.__await__()
    try:
        next(steps)
    except StopIteration:
        return True
    steps.close()
    return False
