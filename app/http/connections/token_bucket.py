"""Token buckets, for rate limits."""

from collections.abc import Callable
from time import monotonic

_BYTES_PER_UNIT = 4_096


class TokenBucket:
    """Holds up to `capacity` units, refilled at `per_second`; full at first."""

    __slots__ = ("_capacity", "_per_second", "_seconds", "_units", "_when")

    def __init__(
        self, capacity: float, per_second: float, *, seconds: Callable[[], float] = monotonic
    ) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._seconds = seconds
        self._units = capacity
        self._when = seconds()

    def take(self, units: float) -> bool:
        """Take units; false if fewer are left."""
        self._refill()
        if units > self._units:
            return False
        self._units -= units
        return True

    @property
    def is_full(self) -> bool:
        """Whether nothing is missing, so that the bucket need not be remembered."""
        self._refill()
        return self._units >= self._capacity

    def _refill(self) -> None:
        now = self._seconds()
        there = self._units + (now - self._when) * self._per_second
        self._units = min(self._capacity, there)
        self._when = now


def frame_cost(byte_count: int) -> int:
    """The units that a frame of so many bytes costs."""
    return 1 + byte_count // _BYTES_PER_UNIT
