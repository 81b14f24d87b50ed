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
        spent = spending(units, cost, policy)
        self._keep(key, units - cost if spent.is_granted else units, now)
        return spent

    def refund(self, key: str, units: int, policy: Policy) -> None:
        """Give units back."""
        there, now = self._units(key, policy)
        self._keep(key, min(policy.capacity, there + units), now)

    def _units(self, key: str, policy: Policy) -> tuple[float, float]:
        now = self._seconds()
        units, at = self._buckets.get(key, (policy.capacity, now))
        return refilled(units, now - at, policy), now

    def _keep(self, key: str, units: float, now: float) -> None:
        self._buckets[key] = (units, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._most_buckets:
            self._buckets.popitem(last=False)
