"""Waiting for somebody else no longer than so many seconds, however busy we are ourselves."""

import asyncio
from math import inf
from types import TracebackType
from typing import Self

_LATE_SECONDS = 0.002
_CHANCES = 5


class Patience:
    """`async with Patience(seconds)`: raises `TimeoutError` when the block takes longer.

    When it takes longer than `slow_seconds` it `is_slow`. A timer that goes off late tells that the
    event loop was busy, perhaps all the time, with the answer in the socket or the question not
    even sent. The block is then given as much again as the timer was late, or a quarter of its time
    where that is more; five times at most.
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
        self._start(self._slow_seconds, _CHANCES)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        await self._deadline.__aexit__(kind, error, traceback)

    def _start(self, seconds: float, chances: int) -> None:
        due = self._loop.time() + seconds
        self._timer = self._loop.call_at(due, self._go_off, due, chances)

    def _go_off(self, due: float, chances: int) -> None:
        now = self._loop.time()
        late_seconds = now - due
        if chances and late_seconds > _LATE_SECONDS:
            self._start(max(late_seconds, self._seconds / 4), chances - 1)
        elif not self.is_slow:
            self.is_slow = True
            self._start(self._seconds - self._slow_seconds, chances)
        else:
            self._deadline.reschedule(now)
