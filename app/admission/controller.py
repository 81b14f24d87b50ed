"""Whether what comes now is worked on, decided by how long what came before has had to wait.

As in CoDel (Nichols and Jacobson, Controlling Queue Delay, ACM Queue 10(5), 2012) a delay counts
that stays, not a burst's: one that was over the target for a whole interval.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import structlog

from metrics.overload import refused_for_overload

ADMISSION = "admission"
"""The name, in the state that requests share, of the process's `AdmissionController`."""
MANY = 2**31
"""Of requests under way, where they are not counted."""
_STATEMENTS = 2
"""Of an operation, as most have: for each of them it waits for a connection."""
_CALM_INTERVALS = 10
"""For how long nobody may have had to wait before a burst is borne with again."""
_log = structlog.get_logger("guidance.overload")


@dataclass(frozen=True, slots=True)
class AdmissionBounds:
    """How long others may wait, for how long that may last, and how many are never too many."""

    target_seconds: float
    interval_seconds: float
    at_once: int


class AdmissionController:
    """Admits and refuses; it does nothing while nobody asks.

    What waits, waits in one of two places: in the event loop, to be read and run, and in the
    database's pools, for a connection. How long in the first is measured here; `expected_wait`
    gives how long in the second, told the time and how many were admitted and are on their way.
    """

    def __init__(
        self,
        bounds: AdmissionBounds,
        expected_wait: Callable[[float, int], float],
        *,
        seconds: Callable[[], float] = perf_counter,
    ) -> None:
        self._bounds = bounds
        self._expected_wait = expected_wait
        self._seconds = seconds
        self._is_overloaded = False
        self._over_since: float | None = None
        self._last_over = 0.0
        self._probe_since: float | None = None
        self._turn = 0.0
        self._turn_ended = 0.0
        self._refused = 0
        self._admitted = 0

    def admits(self, under_way: int = MANY) -> bool:
        """Whether to work on what comes now, beside so many requests that are under way.

        As many as are worked on at once do not wait for each other: what is slow then, is not
        their number.
        """
        bounds = self._bounds
        if under_way <= bounds.at_once or not bounds.target_seconds:
            return True
        now = self._seconds()
        for_connections = _STATEMENTS * self._expected_wait(now, self._admitted)
        delay = max(self._delay_of_loop(now), for_connections)
        if delay < bounds.target_seconds:
            self._note_under(now)
        else:
            self._note_over(now, delay)
            if self._is_overloaded:
                self._refused += 1
                refused_for_overload(delay)
                return False
        self._admitted += 1
        return True

    def _note_under(self, now: float) -> None:
        self._over_since = None
        calm_seconds = _CALM_INTERVALS * self._bounds.interval_seconds
        if self._is_overloaded and now - self._last_over >= calm_seconds:
            self._is_overloaded = False
            _log.info("no longer overloaded", refused=self._refused)
            self._refused = 0

    def _note_over(self, now: float, delay: float) -> None:
        self._last_over = now
        if self._over_since is None:
            self._over_since = now
        if self._is_overloaded or now - self._over_since < self._bounds.interval_seconds:
            return
        self._is_overloaded = True
        _log.warning("overloaded", delay_ms=round(delay * 1000))

    def _delay_of_loop(self, now: float) -> float:
        """How long what is ready to run waits: a turn of the event loop, the last or this one."""
        if self._probe_since is None:
            self._probe_since = now
            asyncio.get_running_loop().call_soon(self._end_turn)
            is_fresh = now - self._turn_ended < self._bounds.interval_seconds
            return self._turn if is_fresh else 0.0
        return max(self._turn, now - self._probe_since)

    def _end_turn(self) -> None:
        self._turn_ended = now = self._seconds()
        self._admitted = 0
        if self._probe_since is not None:
            self._turn = now - self._probe_since
            self._probe_since = None


# Any: the state that requests share is a dictionary of anything.
def admission_of(state: dict[str, Any]) -> AdmissionController | None:
    """That of a server, in the state that its requests share; None where everything is admitted."""
    return state.get(ADMISSION)
