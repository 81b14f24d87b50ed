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
Line: TypeAlias = deque[tuple[Begin, float]]
_AT_A_TIME = 2
"""How many are begun in one turn of the event loop, so that the turn is short."""
_LOOK_SECONDS = 0.002
"""How soon to look again for room, where there was none."""
_REMEMBERED = 32
"""How many of those that began last tell how quickly others will."""


class AdmissionQueue:
    """Begins a few in each turn of the event loop, while `has_room` says so.

    Each origin has a line of its own, in the order of coming, and one of each line is begun in
    turn; every other one is of a line that is new, as in FQ-CoDel (RFC 8290). So who sends much
    waits for it, and nobody else. Whoever has waited for `longest_wait_seconds` is not begun any
    more.
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
        self._lines: dict[str, Line] = {}
        self._new_lines: dict[str, Line] = {}
        self._is_turn_of_new = True
        self.count = 0
        """How many wait."""
        self._begun = 0
        self._is_planned = False
        # Of its own: what is begun must not inherit that of who happened to come before.
        self._context = Context()
        self._moved_at = 0.0
        self._seconds_between = 0.0

    def enter(self, begin: Begin, origin: str) -> None:
        """Have `begin` called, at once or when it is its turn among those of its origin."""
        if not self.count:
            if self._begun < _AT_A_TIME and self._has_room():
                self._begun += 1
                self._plan()
                begin(True)
                return
            self._moved_at = self._seconds()
        line = self._line(origin)
        if line is None:
            line = self._new_lines[origin] = deque()
        line.append((begin, self._seconds()))
        self.count += 1
        self._plan()

    def delay(self, now: float) -> float:
        """For how many seconds what waits is going to wait, wherever it comes from."""
        if not self.count:
            return 0.0
        _, came_at = next(iter((self._lines or self._new_lines).values()))[0]
        return max(self.count * self._seconds_between, now - came_at)

    def expected_wait(self, now: float, origin: str) -> float:
        """For how many seconds who comes now from there is going to wait.

        It is no less than what whoever is next of that origin has waited already.
        """
        line = self._line(origin)
        if line is None:
            return min(self.count, 2 * len(self._new_lines)) * self._seconds_between
        ahead = min(self.count, len(line) * (len(self._lines) + len(self._new_lines)))
        return max(ahead * self._seconds_between, now - line[0][1])

    def _line(self, origin: str) -> Line | None:
        return self._lines.get(origin) or self._new_lines.get(origin)

    def _plan(self, seconds: float = 0.0) -> None:
        if self._is_planned:
            return
        self._is_planned = True
        loop = asyncio.get_running_loop()
        if seconds:
            loop.call_later(seconds, self._advance, context=self._context)
        else:
            loop.call_soon(self._advance, context=self._context)

    def _advance(self) -> None:
        """Begin what there is room for; look again as long as anything waits."""
        self._is_planned = False
        self._begun = 0
        now = self._seconds()
        while self.count and self._begun < _AT_A_TIME and self._has_room():
            self._take_next(now, to_begin=True)
        if self._begun:
            self._plan()
        elif self.count:
            self._take_next(now, to_begin=False)
            # What is given up may have been followed by more, which then is looked at sooner.
            self._plan(_LOOK_SECONDS)

    def _take_next(self, now: float, *, to_begin: bool) -> None:
        """Begin who is next or, where that has waited too long, give it up."""
        is_new = self._is_turn_of_new if self._lines and self._new_lines else not self._lines
        self._is_turn_of_new = not is_new
        lines = self._new_lines if is_new else self._lines
        origin = next(iter(lines))
        line = lines.pop(origin)
        begin, came_at = line[0]
        is_late = now - came_at >= self._longest_wait_seconds
        if to_begin or is_late:
            line.popleft()
            self.count -= 1
        if line:
            (self._lines if to_begin else lines)[origin] = line
        if is_late:
            refused_for_overload(now - came_at)
            begin(False)
        elif to_begin:
            passed, self._moved_at = now - self._moved_at, now
            self._seconds_between += (passed - self._seconds_between) / _REMEMBERED
            self._begun += 1
            waited_to_begin(now - came_at)
            begin(True)
