"""The lines of requests in the log: collected, and written together a moment later.

A system call and a look at the clock's calendar for each would cost more than the line itself.
"""

import asyncio
import atexit
from collections.abc import Callable
from contextvars import Context
from datetime import UTC, datetime
from time import time

import orjson

from app.ascii_events import as_ascii

_LATEST_SECONDS = 0.05
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
_MOST_EVENTS = 500
"""So many are written at once, however soon they came."""


class RequestLines:
    """Writes what it is given with `write`, at the latest 50 ms later, and when Python ends."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._events: list[dict[str, object]] = []
        # Of its own: that of the request that came first would be kept meanwhile.
        self._context = Context()
        self._planned: asyncio.TimerHandle | None = None
        atexit.register(self.flush)

    def add(self, event: dict[str, object]) -> None:
        """Have the event of a request written as a line; it must not be changed any more."""
        event["timestamp"] = time()
        self._events.append(event)
        if len(self._events) == 1:
            self._plan()
        elif len(self._events) >= _MOST_EVENTS:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        events, self._events = self._events, []
        if self._planned is not None:
            self._planned.cancel()
            self._planned = None
        if events:
            self._write(b"".join(map(_line, events)))

    def _plan(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
        else:
            self._planned = loop.call_later(_LATEST_SECONDS, self.flush, context=self._context)


def _line(event: dict[str, object]) -> bytes:
    came_at = event["timestamp"]
    event["event"], event["level"] = "request", "info"
    event["timestamp"] = datetime.fromtimestamp(came_at, UTC) if isinstance(came_at, float) else ""
    try:
        # What JSON has no word for is written as text.
        return orjson.dumps(event, default=str, option=_OPTIONS)
    except Exception:  # noqa: BLE001 - one that cannot be written must not take others with it
        return orjson.dumps(as_ascii(event), option=_OPTIONS)
