"""A budget of retries per process, so that retries do not overload a failing model.

After "Handling overload" in Site Reliability Engineering (Google, 2016), chapter 21.
"""

from collections import deque

SHARE = 0.2
"""Retries are at most this share of the calls in the window..."""
FLOOR = 10
"""...plus this many, so that a process with few calls may retry too."""
WINDOW_SECONDS = 10.0


class RetryBudget:
    """Counts the calls and retries within the window; all times are of one monotonic clock."""

    def __init__(
        self, *, share: float = SHARE, floor: int = FLOOR, window_seconds: float = WINDOW_SECONDS
    ) -> None:
        self._share = share
        self._floor = floor
        self._window_seconds = window_seconds
        self._calls: deque[float] = deque()
        self._retries: deque[float] = deque()

    def record_call(self, now: float) -> None:
        """Count a call, whatever its outcome."""
        self._drop_expired(now)
        self._calls.append(now)

    def try_spend_retry(self, now: float) -> bool:
        """Whether another retry is allowed; counts it if so."""
        self._drop_expired(now)
        if len(self._retries) + 1 > self._floor + self._share * len(self._calls):
            return False
        self._retries.append(now)
        return True

    def _drop_expired(self, now: float) -> None:
        for times in (self._calls, self._retries):
            while times and times[0] <= now - self._window_seconds:
                times.popleft()
