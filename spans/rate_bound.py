"""A bound on how often something is done: a bucket of tokens in this process."""

from collections.abc import Callable
from time import monotonic


class RateBound:
    """Lets `per_second` through, and as many at once after a second without any."""

    def __init__(self, per_second: float, clock: Callable[[], float] = monotonic) -> None:
        self._per_second = per_second
        self._clock = clock
        self._left = per_second
        self._at = clock()

    def take(self) -> bool:
        """Whether it may be done once more now."""
        now = self._clock()
        regained = (now - self._at) * self._per_second
        self._at, self._left = now, min(self._per_second, self._left + regained)
        if self._left < 1:
            return False
        self._left -= 1
        return True
