"""Whether what comes now is worked on, decided by how long what came before has had to wait.

As in CoDel (Nichols and Jacobson, Controlling Queue Delay, ACM Queue 10(5), 2012) a delay counts
that stays, not a burst's: one that was over the target for a whole interval, or for very many.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from time import perf_counter
from typing import Any

import structlog

from metrics.overload import refused_for_overload

ADMISSION = "admission"
"""The name, in the state that requests share, of the process's `AdmissionController`."""
MANY = 2**31
"""Of requests under way, where they are not counted."""
_TURNS = 2
"""Of the event loop that an operation waits for at least: to begin, and for the database's rows."""
_CALM_INTERVALS = 5
"""For how long nobody may have had to wait before a burst is borne with again."""
_log = structlog.get_logger("guidance.overload")


@dataclass(frozen=True, slots=True)
class AdmissionBounds:
    """How long others may wait, for how long or for how many that may last, and how few may."""

    target_seconds: float
    interval_seconds: float
    at_once: int
    """So many under way are never too many."""
    burst: int = 250
    """So many that have to wait too long are borne with, while that is new."""


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
        self.is_overloaded = False
        """Whether anybody may be refused."""
        self._over_since = 0.0
        self._over_count = 0
        self._last_over = -inf
        self._is_watching = False
        self._is_asked = False
        self._turn_began: float | None = None
        self._turn = 0.0
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
        delay = _TURNS * self._turn_of_loop(now) + self._expected_wait(now, self._admitted)
        if self.is_overloaded and now - self._last_over >= self._calm_seconds:
            self._end_overload()
        if delay < bounds.target_seconds:
            self._over_count = 0
        elif self._is_too_much(now, delay):
            self._refused += 1
            refused_for_overload(delay)
            return False
        self._admitted += 1
        return True

    @property
    def _calm_seconds(self) -> float:
        return _CALM_INTERVALS * self._bounds.interval_seconds

    def _is_too_much(self, now: float, delay: float) -> bool:
        """Whether a delay over the target is more than a burst's."""
        interval = self._bounds.interval_seconds
        if not self._over_count or now - self._last_over > interval:
            self._over_since, self._over_count = now, 0
        self._last_over = now
        self._over_count += 1
        is_burst = now - self._over_since < interval and self._over_count <= self._bounds.burst
        if not self.is_overloaded and not is_burst:
            self.is_overloaded = True
            _log.warning("overloaded", delay_ms=round(delay * 1000))
        return self.is_overloaded

    def _end_overload(self) -> None:
        _log.info("no longer overloaded", refused=self._refused)
        self.is_overloaded = False
        self._over_count = self._refused = 0

    def _turn_of_loop(self, now: float) -> float:
        """How long a turn of the event loop takes, the last or this one; looks at the next too."""
        self._is_asked = True
        if not self._is_watching:
            self._is_watching = True
            asyncio.get_running_loop().call_soon(self._next_turn)
        return 0.0 if self._turn_began is None else max(self._turn, now - self._turn_began)

    def _next_turn(self) -> None:
        """Measure from here until this is run again: a turn, from its first callback to the next's.

        What was read before is begun in this one. It goes on until nobody asked for a whole turn.
        """
        self._admitted = 0
        now = self._seconds()
        self._turn = 0.0 if self._turn_began is None else now - self._turn_began
        self._is_watching = self._is_asked
        self._is_asked = False
        self._turn_began = now if self._is_watching else None
        if self._is_watching:
            asyncio.get_running_loop().call_soon(self._next_turn)


# Any: the state that requests share is a dictionary of anything.
def admission_of(state: dict[str, Any]) -> AdmissionController | None:
    """That of a server, in the state that its requests share; None where everything is admitted."""
    return state.get(ADMISSION)
