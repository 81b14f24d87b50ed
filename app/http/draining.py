"""Draining: on SIGTERM a server serves on for a while, until nothing new is sent to it.

uvicorn takes SIGTERM by a handler that closes the socket at once. In its place SIGTERM begins the
drain here, and the handler is called at its end.
"""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from app.http.shutdown import ShutdownEvent


@contextmanager
def draining_on_sigterm(drain: ShutdownEvent, *, seconds: float) -> Iterator[None]:
    """On SIGTERM set `drain`, and end `seconds` later, or at once if it comes again.

    Does nothing outside the main thread, or if SIGTERM has no handler.
    """
    end = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(end):
        yield
        return
    loop = asyncio.get_running_loop()

    def begin() -> None:
        is_repeated = drain.has_begun
        drain.set()
        if is_repeated:
            end(signal.SIGTERM, None)
        else:
            loop.call_later(seconds, end, signal.SIGTERM, None)

    def handle(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(begin)

    signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, end)
