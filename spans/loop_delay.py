"""How late the event loop is: a timer that comes all the time does not while it is busy."""

from asyncio import TimerHandle, get_running_loop
from collections.abc import Callable
from time import perf_counter

EVERY_SECONDS = 0.002
_UNNOTICED_SECONDS = 0.002
"""Timers are good for a millisecond, and turns of the loop that are as short are nobody's fault."""


class LoopDelay:
    """The seconds for which the event loop was late, as long as somebody wants to know."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._users = 0
        self._due = 0.0
        self._seconds = 0.0
        self._timer: TimerHandle | None = None

    def start(self) -> None:
        """Begin to look, for one more who wants to know."""
        self._users += 1
        if self._users == 1:
            self._wait()

    def stop(self) -> None:
        """Look no longer for one of them."""
        self._users -= 1
        if not self._users and self._timer is not None:
            self._timer.cancel()

    def seconds(self, now: float) -> float:
        """What has come together until `now`, a time of the clock; good for differences only."""
        return self._seconds + _noticed(now - self._due)

    def _wait(self) -> None:
        self._due = self._clock() + EVERY_SECONDS
        self._timer = get_running_loop().call_later(EVERY_SECONDS, self._look)

    def _look(self) -> None:
        self._seconds += _noticed(self._clock() - self._due)
        self._wait()


def _noticed(late_seconds: float) -> float:
    return late_seconds if late_seconds > _UNNOTICED_SECONDS else 0.0
