"""Token buckets: so much at once, and so much more each second."""

from collections.abc import Callable
from time import monotonic

_BYTES_PER_UNIT = 4_096


class TokenBucket:
    """Holds `capacity` units, and gets `per_second` of them back; full at first."""

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
        """Take units, unless fewer are left."""
        self._refill()
        if units > self._units:
            return False
        self._units -= units
        return True

    @property
    def is_full(self) -> bool:
        """Whether it is as good as new."""
        self._refill()
        return self._units >= self._capacity

    def _refill(self) -> None:
        now = self._seconds()
        there = self._units + (now - self._when) * self._per_second
        self._units = min(self._capacity, there)
        self._when = now


def frame_cost(byte_count: int) -> int:
    """What a frame of so many bytes takes."""
    return 1 + byte_count // _BYTES_PER_UNIT
