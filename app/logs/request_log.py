"""The log lines of requests, buffered for a moment and written together.

A system call and a calendar computation for each line would cost more than the line itself.
"""

import asyncio
import atexit
from collections.abc import Callable
from contextvars import Context
from datetime import UTC, datetime
from time import time

import orjson

from app.logs.rendering import as_ascii

_FLUSH_AFTER_SECONDS = 0.05
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
_MOST_BUFFERED = 500


class RequestLog:
    """Buffers events and writes them after 50 ms, when 500 are buffered, or at exit."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._events: list[dict[str, object]] = []
        # An empty context: the timer must not keep the context of the request that started it.
        self._context = Context()
        self._flush_timer: asyncio.TimerHandle | None = None
        atexit.register(self.flush)

    def add(self, event: dict[str, object]) -> None:
        """Buffer the event of a request, which must not be changed afterwards."""
        event["timestamp"] = time()
        self._events.append(event)
        if len(self._events) == 1:
            self._schedule()
        elif len(self._events) >= _MOST_BUFFERED:
            self.flush()

    def flush(self) -> None:
        """Write what is buffered."""
        events, self._events = self._events, []
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        if events:
            self._write(b"".join(map(_render, events)))

    def _schedule(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
        else:
            self._flush_timer = loop.call_later(
                _FLUSH_AFTER_SECONDS, self.flush, context=self._context
            )


def _render(event: dict[str, object]) -> bytes:
    added_at = event["timestamp"]
    event["event"], event["level"] = "request", "info"
    event["timestamp"] = (
        datetime.fromtimestamp(added_at, UTC) if isinstance(added_at, float) else ""
    )
    try:
        # What JSON has no type for is rendered as text.
        return orjson.dumps(event, default=str, option=_OPTIONS)
    except Exception:  # noqa: BLE001 - one event that cannot be rendered must not lose the others
        return orjson.dumps(as_ascii(event), option=_OPTIONS)
