"""Budgets in the memory of one process."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from services.throttling.records import Policy, Spending
from services.throttling.rules import refilled, spending

_MOST_BUCKETS = 20_000


class MemoryBudgets:
    """The buckets of this process; `seconds` gives a clock that only runs forward.

    A bucket that nobody has asked for longest is forgotten when there are too many, and full then.
    """

    def __init__(
        self, *, seconds: Callable[[], float] = monotonic, most_buckets: int = _MOST_BUCKETS
    ) -> None:
        self._seconds = seconds
        self._most_buckets = most_buckets
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, key: str, cost: int, policy: Policy) -> Spending:
        """Spend `cost` units of the bucket `key`, or none."""
        units, now = self._units(key, policy)
        if cost <= units:
            self._buckets[key] = (units - cost, now)
            return Spending(int(units - cost))
        self._buckets[key] = (units, now)
        return spending(units, cost, policy)

    def refund(self, key: str, units: int, policy: Policy) -> None:
        """Give units back."""
        there, now = self._units(key, policy)
        self._buckets[key] = (min(policy.capacity, there + units), now)

    def _units(self, key: str, policy: Policy) -> tuple[float, float]:
        """What the bucket holds, the newest now, and the time."""
        now = self._seconds()
        kept = self._buckets.get(key)
        if kept is None:
            if len(self._buckets) >= self._most_buckets:
                self._buckets.popitem(last=False)
            return policy.capacity, now
        self._buckets.move_to_end(key)
        return refilled(kept[0], now - kept[1], policy), now
