"""How many retries a process may make, so that a failing model is not asked ever more often.

After "Handling overload" in Site Reliability Engineering (Google, 2016), chapter 21.
"""

from collections import deque

SHARE = 0.2
"""Retries are at most this part of the calls of the window..."""
FLOOR = 10
"""...and this many more, so that a process with little to do may retry as well."""
WINDOW_SECONDS = 10.0


class RetryBudget:
    """Counts the calls and retries of the last seconds.

    Times are of one clock that never goes back.
    """

    def __init__(
        self, *, share: float = SHARE, floor: int = FLOOR, window_seconds: float = WINDOW_SECONDS
    ) -> None:
        self._share = share
        self._floor = floor
        self._window_seconds = window_seconds
        self._calls: deque[float] = deque()
        self._retries: deque[float] = deque()

    def note_call(self, now: float) -> None:
        """Count a call, whatever becomes of it."""
        self._forget(now)
        self._calls.append(now)

    def take_retry(self, now: float) -> bool:
        """Whether one more retry may be made; counts it if so."""
        self._forget(now)
        if len(self._retries) + 1 > self._floor + self._share * len(self._calls):
            return False
        self._retries.append(now)
        return True

    def _forget(self, now: float) -> None:
        for times in (self._calls, self._retries):
            while times and times[0] <= now - self._window_seconds:
                times.popleft()
