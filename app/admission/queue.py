"""What is admitted and not begun yet: it waits here, where waiting costs almost nothing.

What has begun holds memory, which the collector looks through and the processor's caches lose, and
takes the core from what began before it. So little is begun at a time.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from time import perf_counter
from typing import TypeAlias

from app.admission.lines import Lines
from metrics.admission import refused_for_overload, waited_to_begin

Begin: TypeAlias = Callable[[bool], None]
"""Called once: with true to begin, with false where that could not be in time."""
Refuse: TypeAlias = Callable[[], None]
"""Called once, to answer what is not admitted."""
_LEAST_AT_A_TIME, _MOST_AT_A_TIME = 2, 16
"""How many are begun in one turn of the event loop."""
_TURN_SECONDS = 0.003
"""How long a turn is, about, with what was begun: of small operations more are begun in one."""
_REFUSALS_EACH = 3
"""How many are refused for each that may be begun, so that most of a turn is left for those.

A refusal costs a tenth of an answer, and of who asks again at once there are twenty times as many.
"""
_LOOK_SECONDS = 0.002
"""How soon to look again for room, where there was none."""
_LONGEST_TURN_SECONDS = 0.05
"""What is longer is a pause of the process, in which nobody could be begun, and no queue."""
_REMEMBERED = 32
"""How many of those that began last tell how quickly others will."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    begin: Begin
    came_at: float


class AdmissionQueue:
    """Begins a few in each turn of the event loop, while `has_room` says so; others wait in lines.

    In what is left of a turn, a few are refused. Whoever has waited for `longest_wait_seconds` is
    not begun any more. Waits are as of the beginning of a turn, and a pause of the process counts
    little.
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
        self.lines: Lines[_Waiting] = Lines()
        self._refusals: deque[Refuse] = deque()
        self._at_a_time = _LEAST_AT_A_TIME
        self._begun = 0
        self._refused = 0
        self._is_refusing = False
        self._is_planned = False
        # Of its own: what is begun must not inherit that of who happened to come before.
        self._context = Context()
        self._looked_at = 0.0
        self._now = 0.0
        """Seconds in which something waited."""
        self._moved_at = 0.0
        self._seconds_between = 0.0

    def __len__(self) -> int:
        """How many wait."""
        return self.lines.count

    def enter(self, begin: Begin, origin: str) -> None:
        """Have `begin` called, at once or when it is its turn among those of its origin."""
        if not self.lines.count:
            if self._begun < self._at_a_time and self._has_room():
                self._begun += 1
                self._plan()
                begin(True)
                return
            self._looked_at = self._seconds()
            self._moved_at = self._now
        self.lines.add(origin, _Waiting(begin, self._now))
        self._plan()

    def refuse(self, answer: Refuse) -> None:
        """Have `answer` called, at once or after those that were refused before."""
        self._refusals.append(answer)
        self._plan()
        self._refuse_some()

    def delay(self) -> float:
        """For how many seconds what waits is going to wait, wherever it comes from."""
        first = self.lines.first()
        if first is None:
            return 0.0
        return max(len(self) * self._seconds_between, self._now - first.came_at)

    def expected_wait(self, origin: str) -> float:
        """For how many seconds who comes now from there is going to wait.

        It is no less than what whoever is next of that origin has waited already.
        """
        first = self.lines.first_of(origin)
        waited = 0.0 if first is None else self._now - first.came_at
        return max(self.lines.number_before(origin) * self._seconds_between, waited)

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
        """Begin what there is room for, and refuse; look again as long as anything waits."""
        self._is_planned = False
        self._look()
        while self.lines.count and self._begun < self._at_a_time and self._has_room():
            self._begin_next()
        if self.lines.count and not self._begun:
            self._give_up_late()
        self._refuse_some()
        if self._begun or self._refused:
            self._plan()
        elif self.lines.count:
            # What is given up may have been followed by more, which then is looked at sooner.
            self._plan(_LOOK_SECONDS)

    def _look(self) -> None:
        """Let the time of what waits pass, and see how many are begun in a turn."""
        now = self._seconds()
        passed, self._looked_at = now - self._looked_at, now
        self._now += min(passed, _LONGEST_TURN_SECONDS)
        if passed > _TURN_SECONDS:
            self._at_a_time = max(_LEAST_AT_A_TIME, self._at_a_time // 2)
        elif self._begun >= self._at_a_time:
            self._at_a_time = min(_MOST_AT_A_TIME, self._at_a_time + 1)
        self._begun = self._refused = 0

    def _begin_next(self) -> None:
        """Begin who is next, unless that has waited too long."""
        waiting = self.lines.take_next(lambda _: True)
        if waiting is None or self._is_given_up(waiting):
            return
        passed, self._moved_at = self._now - self._moved_at, self._now
        self._seconds_between += (passed - self._seconds_between) / _REMEMBERED
        self._begun += 1
        waited_to_begin(self._now - waiting.came_at)
        waiting.begin(True)

    def _give_up_late(self) -> None:
        waiting = self.lines.take_next(self._is_late)
        if waiting is not None:
            self._is_given_up(waiting)

    def _is_given_up(self, waiting: _Waiting) -> bool:
        """Whether one that was taken has waited too long, which it is told then."""
        if not self._is_late(waiting):
            return False
        refused_for_overload(self._now - waiting.came_at)
        waiting.begin(False)
        return True

    def _is_late(self, waiting: _Waiting) -> bool:
        return self._now - waiting.came_at >= self._longest_wait_seconds

    def _refuse_some(self) -> None:
        most = _REFUSALS_EACH * self._at_a_time
        if self._is_refusing:
            return  # one that is answered may be followed by another on its connection
        self._is_refusing = True
        try:
            while self._refusals and self._refused < most:
                self._refused += 1
                self._refusals.popleft()()
        finally:
            self._is_refusing = False
