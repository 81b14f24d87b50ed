"""A time-out that does not count the time in which our own event loop was busy."""

import asyncio
from math import inf
from types import TracebackType
from typing import Self

_LATE_SECONDS = 0.002
_MOST_EXTENSIONS = 5


class LoopAwareTimeout:
    """`async with LoopAwareTimeout(seconds)`: raises `TimeoutError` if the block takes longer.

    `is_slow` says whether it took longer than `slow_seconds`. If the timer fires late, the event
    loop was busy: the answer may be waiting in the socket, or the request may not even be sent. The
    block is then given more time: as much as the timer was late, or a quarter of `seconds` if that
    is more; five times at most.
    """

    __slots__ = ("_deadline", "_loop", "_seconds", "_slow_seconds", "_timer", "is_slow")

    def __init__(self, seconds: float, *, slow_seconds: float = inf) -> None:
        self._seconds = seconds
        self._slow_seconds = min(slow_seconds, seconds)
        self.is_slow = False

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._deadline = asyncio.timeout(None)
        await self._deadline.__aenter__()
        self._start(self._slow_seconds, _MOST_EXTENSIONS)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        await self._deadline.__aexit__(kind, error, traceback)

    def _start(self, seconds: float, extensions: int) -> None:
        due = self._loop.time() + seconds
        self._timer = self._loop.call_at(due, self._on_timer, due, extensions)

    def _on_timer(self, due: float, extensions: int) -> None:
        now = self._loop.time()
        late_seconds = now - due
        if extensions and late_seconds > _LATE_SECONDS:
            self._start(max(late_seconds, self._seconds / 4), extensions - 1)
        elif not self.is_slow:
            self.is_slow = True
            self._start(self._seconds - self._slow_seconds, extensions)
        else:
            self._deadline.reschedule(now)
