"""What is admitted and not begun yet: it waits here, where waiting costs almost nothing.

What has begun holds memory, which the collector looks through and the processor's caches lose, and
takes the core from what began before it. So little is begun at a time.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from time import perf_counter
from typing import TypeAlias

from metrics.overload import refused_for_overload, waited_to_begin

Begin: TypeAlias = Callable[[bool], None]
"""Called once: with true to begin, with false where that could not be in time."""
_AT_A_TIME = 2
"""How many are begun in one turn of the event loop, so that the turn is short."""
_LOOK_SECONDS = 0.002
"""How soon to look again for room, where there was none."""
_REMEMBERED = 32
"""How many of those that began last tell how quickly others will."""


class AdmissionQueue:
    """Begins in the order of coming, a few in each turn of the loop, while `has_room` says so.

    Whoever has waited for `longest_wait_seconds` is not begun any more.
    """

    def __init__(
        self,
        has_room: Callable[[], bool],
        *,
        longest_wait_seconds: float,
        seconds: Callable[[], float] = perf_counter,
    ) -> None:
        self._has_room = has_room
        self._longest_wait_seconds = longest_wait_seconds
        self._seconds = seconds
        self._waiting: deque[tuple[Begin, float]] = deque()
        self._begun = 0
        self._is_planned = False
        # Of its own: what is begun must not inherit that of who happened to come before.
        self._context = Context()
        self._moved_at = 0.0
        self._seconds_between = 0.0

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def enter(self, begin: Begin) -> None:
        """Have `begin` called, at once or when it is its turn."""
        if not self._waiting:
            if self._begun < _AT_A_TIME and self._has_room():
                self._begun += 1
                self._plan()
                begin(True)
                return
            self._moved_at = self._seconds()
        self._waiting.append((begin, self._seconds()))
        self._plan()

    def expected_wait(self, now: float) -> float:
        """For how many seconds who comes now is going to wait.

        It is no less than what whoever is next has waited already.
        """
        if not self._waiting:
            return 0.0
        return max(len(self._waiting) * self._seconds_between, now - self._waiting[0][1])

    def _plan(self) -> None:
        if not self._is_planned:
            self._is_planned = True
            asyncio.get_running_loop().call_soon(self._advance, context=self._context)

    def _advance(self) -> None:
        """Begin what there is room for; look again as long as anything waits."""
        self._is_planned = False
        self._begun = 0
        now = self._seconds()
        while self._waiting and now - self._waiting[0][1] >= self._longest_wait_seconds:
            begin, came_at = self._waiting.popleft()
            refused_for_overload(now - came_at)
            begin(False)
        while self._waiting and self._begun < _AT_A_TIME and self._has_room():
            self._begin_next(now)
        if self._begun:
            self._plan()
        elif self._waiting:
            self._is_planned = True
            loop = asyncio.get_running_loop()
            loop.call_later(_LOOK_SECONDS, self._advance, context=self._context)

    def _begin_next(self, now: float) -> None:
        begin, came_at = self._waiting.popleft()
        passed, self._moved_at = now - self._moved_at, now
        self._seconds_between += (passed - self._seconds_between) / _REMEMBERED
        self._begun += 1
        waited_to_begin(now - came_at)
        begin(True)
