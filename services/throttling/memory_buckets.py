"""Token buckets in the memory of one process."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from services.throttling.records import BucketPolicy, SpendResult
from services.throttling.rules import refilled, spend_result

_MOST_BUCKETS = 20_000


class MemoryBuckets:
    """The buckets of this process; `seconds` is a monotonic clock.

    If there are too many, the least recently used bucket is dropped; it counts as full then.
    """

    def __init__(
        self, *, seconds: Callable[[], float] = monotonic, most_buckets: int = _MOST_BUCKETS
    ) -> None:
        self._seconds = seconds
        self._most_buckets = most_buckets
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, key: str, cost: int, policy: BucketPolicy) -> SpendResult:
        """Spend `cost` units of the bucket `key`, or none."""
        units, now = self._units(key, policy)
        if cost <= units:
            self._buckets[key] = (units - cost, now)
            return SpendResult(int(units - cost))
        self._buckets[key] = (units, now)
        return spend_result(units, cost, policy)

    def refund(self, key: str, units: int, policy: BucketPolicy) -> None:
        """Refund units."""
        current, now = self._units(key, policy)
        self._buckets[key] = (min(policy.capacity, current + units), now)

    def _units(self, key: str, policy: BucketPolicy) -> tuple[float, float]:
        """The units in the bucket, which becomes the most recently used, and the time."""
        now = self._seconds()
        stored = self._buckets.get(key)
        if stored is None:
            if len(self._buckets) >= self._most_buckets:
                self._buckets.popitem(last=False)
            return policy.capacity, now
        self._buckets.move_to_end(key)
        return refilled(stored[0], now - stored[1], policy), now
