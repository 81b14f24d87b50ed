"""Measuring how late the event loop is, by a timer that fires late while the loop is busy."""

from asyncio import TimerHandle, get_running_loop
from collections.abc import Callable
from time import perf_counter

INTERVAL_SECONDS = 0.002
_TOLERANCE_SECONDS = 0.002
"""Shorter delays are ignored: timers are no more precise, and turns of the loop last as long."""


class LoopDelay:
    """Sums the seconds for which the event loop was late, while it has users."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._users = 0
        self._due = 0.0
        self._seconds = 0.0
        self._timer: TimerHandle | None = None

    def start(self) -> None:
        """Begin to measure, for one more user."""
        self._users += 1
        if self._users == 1:
            self._wait()

    def stop(self) -> None:
        """End the use of one user; after the last one nothing is measured."""
        self._users -= 1
        if not self._users and self._timer is not None:
            self._timer.cancel()

    def seconds(self, now: float) -> float:
        """The sum until `now`, a time of the clock; only differences of it mean anything."""
        return self._seconds + _delay(now - self._due)

    def _wait(self) -> None:
        self._due = self._clock() + INTERVAL_SECONDS
        self._timer = get_running_loop().call_later(INTERVAL_SECONDS, self._on_timer)

    def _on_timer(self) -> None:
        self._seconds += _delay(self._clock() - self._due)
        self._wait()


def _delay(late_seconds: float) -> float:
    return late_seconds if late_seconds > _TOLERANCE_SECONDS else 0.0
