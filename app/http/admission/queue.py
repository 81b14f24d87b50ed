"""The queue of admitted requests that have not been started: waiting here costs almost nothing.

A started request holds memory, lengthens garbage collections, evicts processor caches and competes
for the core with earlier ones. So few are started at a time.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from time import perf_counter
from typing import NamedTuple, TypeAlias

from app.http.admission.fair_queue import FairQueue
from metrics.admission import refused_for_overload, waited_to_begin

Begin: TypeAlias = Callable[[bool], None]
"""Called once: with true to start, with false if that was not possible in time."""
Refuse: TypeAlias = Callable[[], None]
"""Called once, to send a refusal."""
_LEAST_AT_A_TIME, _MOST_AT_A_TIME = 2, 16
"""How many requests are started in one iteration of the event loop."""
_TURN_SECONDS = 0.003
"""The aim for the length of an iteration: of small operations more are started in one."""
_REFUSALS_PER_START, _REFUSALS_PER_SECOND = 2, 200
"""How many refusals may be sent, so that most of the time is left for requests that are started.

A refusal costs a tenth of a response, and clients that retry at once send twenty times as many.
"""
_MOST_CREDIT = float(_REFUSALS_PER_START * _MOST_AT_A_TIME)
"""Refusals that may be sent at once, for what was started while there was nothing to refuse."""
_LONGEST_REFUSAL_WAIT_SECONDS = 0.25
"""A refusal that has waited so long is sent all the same: many clients may ask at any rate."""
_RETRY_SECONDS = 0.002
"""How soon to check for capacity again, if there was none and no request ends."""
_LONGEST_TURN_SECONDS = 0.05
"""A longer iteration was a pause of the process, which does not count as queueing."""
_REMEMBERED = 32
"""The window of the moving average of the time between two starts."""


class _Waiting(NamedTuple):
    begin: Begin
    came_at: float


class AdmissionQueue:
    """Starts a few requests in each event loop iteration while `has_room`, and refuses as many.

    A request that has waited for `longest_wait_seconds` is refused. Waits are measured at the start
    of an iteration, and a pause of the process is counted as a short one.
    """

    def __init__(
        self,
        has_room: Callable[[], bool],
        *,
        longest_wait_seconds: float,
        retry_seconds: float = _RETRY_SECONDS,
        seconds: Callable[[], float] = perf_counter,
    ) -> None:
        self._has_room = has_room
        self._longest_wait_seconds = longest_wait_seconds
        self._retry_seconds = retry_seconds
        self._seconds = seconds
        self.lines: FairQueue[_Waiting] = FairQueue()
        self._refusals: deque[tuple[Refuse, float]] = deque()
        self._refusal_credit = 0.0
        self._refused_at = 0.0
        self._at_a_time = _LEAST_AT_A_TIME
        self._begun = 0
        self._is_refusing = False
        self._is_planned = False
        self._retry: asyncio.TimerHandle | None = None
        # An empty context: a request must not inherit that of the one which scheduled the timer.
        self._context = Context()
        self._clock_read_at = 0.0
        self._now = 0.0
        """A clock in seconds that runs only while something waits."""
        self._last_start_at = 0.0
        self._seconds_between = 0.0

    def __len__(self) -> int:
        """How many wait."""
        return self.lines.count

    def enter(self, begin: Begin, client_key: str) -> None:
        """Have `begin` called, at once or when it is its turn."""
        if not self.lines.count:
            if self._begun < self._at_a_time and self._has_room():
                self._count_start()
                self._plan()
                begin(True)
                return
            self._clock_read_at = self._seconds()
            self._last_start_at = self._now
        self.lines.add(client_key, _Waiting(begin, self._now))
        self._plan()

    def refuse(self, answer: Refuse) -> None:
        """Have `answer` called, at once or after the earlier refusals."""
        self._refusals.append((answer, self._seconds()))
        self._plan()
        self._refuse_some()

    def check_again(self) -> None:
        """Have the capacity checked in the next iteration: a request has ended."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
            self._is_planned = False
            self._plan()

    def delay(self) -> float:
        """The queueing delay in seconds, whoever the client is."""
        if not self.lines.count:
            return 0.0
        first = self.lines.first()
        waited = 0.0 if first is None else self._now - first.came_at
        return max(self.lines.count * self._seconds_between, waited)

    def expected_wait(self, client_key: str) -> float:
        """How many seconds a new request of this client will wait.

        At least as long as the client's oldest request has waited already.
        """
        first = self.lines.first_of(client_key)
        waited = 0.0 if first is None else self._now - first.came_at
        return max(self.lines.number_before(client_key) * self._seconds_between, waited)

    def _plan(self, seconds: float = 0.0) -> None:
        if self._is_planned:
            return
        self._is_planned = True
        loop = asyncio.get_running_loop()
        if seconds:
            self._retry = loop.call_later(seconds, self._advance, context=self._context)
        else:
            loop.call_soon(self._advance, context=self._context)

    def _advance(self) -> None:
        """Start and refuse some requests, and plan the next iteration while any wait."""
        self._is_planned = False
        self._retry = None
        self._advance_clock()
        while self.lines.count and self._begun < self._at_a_time and self._has_room():
            self._begin_next()
        if self.lines.count and not self._begun:
            self._refuse_late()
        self._refuse_some()
        if self._begun:
            self._plan()
        elif self.lines.count or self._refusals:
            # A refused request may be followed by another, which plans an earlier iteration.
            self._plan(self._retry_seconds)

    def _advance_clock(self) -> None:
        """Advance the clock, and adapt how many are started in an iteration."""
        now = self._seconds()
        passed, self._clock_read_at = now - self._clock_read_at, now
        self._now += min(passed, _LONGEST_TURN_SECONDS)
        if passed > _TURN_SECONDS:
            self._at_a_time = max(_LEAST_AT_A_TIME, self._at_a_time // 2)
        elif self._begun >= self._at_a_time:
            self._at_a_time = min(_MOST_AT_A_TIME, self._at_a_time + 1)
        self._begun = 0

    def _begin_next(self) -> None:
        """Start the next request, unless it has waited too long."""
        waiting = self.lines.take_next()
        if waiting is None or self._refuse_if_late(waiting):
            return
        passed, self._last_start_at = self._now - self._last_start_at, self._now
        self._seconds_between += (passed - self._seconds_between) / _REMEMBERED
        self._count_start()
        waited_to_begin(self._now - waiting.came_at)
        waiting.begin(True)

    def _count_start(self) -> None:
        self._begun += 1
        if self._refusal_credit < _MOST_CREDIT:
            self._add_refusal_credit(_REFUSALS_PER_START)

    def _add_refusal_credit(self, number: float) -> None:
        self._refusal_credit = min(self._refusal_credit + number, _MOST_CREDIT)

    def _refuse_late(self) -> None:
        waiting = self.lines.take_next(self._is_late)
        if waiting is not None:
            self._refuse_if_late(waiting)

    def _refuse_if_late(self, waiting: _Waiting) -> bool:
        """Whether a request that was taken has waited too long; it is refused then."""
        waited_seconds = self._now - waiting.came_at
        if waited_seconds < self._longest_wait_seconds:
            return False
        refused_for_overload(waited_seconds)
        waiting.begin(False)
        return True

    def _is_late(self, waiting: _Waiting) -> bool:
        return self._now - waiting.came_at >= self._longest_wait_seconds

    def _refuse_some(self) -> None:
        """Send the refusals that there is credit for, and those that have waited too long."""
        if self._is_refusing or not self._refusals:
            return  # sending a refusal may let the connection add the next one
        self._is_refusing = True
        now = self._seconds()
        self._add_refusal_credit((now - self._refused_at) * _REFUSALS_PER_SECOND)
        self._refused_at = now
        latest = now - _LONGEST_REFUSAL_WAIT_SECONDS
        try:
            while self._refusals and (self._refusal_credit >= 1 or self._refusals[0][1] <= latest):
                answer, _ = self._refusals.popleft()
                self._refusal_credit = max(self._refusal_credit - 1, 0)
                answer()
        finally:
            self._is_refusing = False
