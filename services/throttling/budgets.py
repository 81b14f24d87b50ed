"""The budgets of callers: in Redis where there is one, in memory while it is away."""

import asyncio

from keyvalue import KeyValueError
from metrics.keyvalue import fell_back
from services.throttling.memory import MemoryBudgets
from services.throttling.records import Policy, Spending
from services.throttling.redis import RedisBudgets


class Budgets:
    """Spends and gives back; without `shared` each process has budgets of its own.

    Redis being away refuses nobody: this process's own buckets are the bound then.
    """

    def __init__(self, memory: MemoryBudgets, shared: RedisBudgets | None) -> None:
        self._memory = memory
        self._shared = shared
        self._owed: dict[tuple[str, Policy], int] = {}
        self._refunding: asyncio.Task[None] | None = None
        self.spend_at_once = memory.spend if shared is None else None
        """As `spend`, where nobody has to be waited for; None where that is to be awaited."""

    async def spend(self, key: str, cost: int, policy: Policy) -> Spending:
        """Spend `cost` units of the budget `key`, or none."""
        if self._shared is not None:
            try:
                return await self._shared.spend(key, cost, policy)
            except KeyValueError:
                fell_back("budgets")
        return self._memory.spend(key, cost, policy)

    def refund(self, key: str, units: int, policy: Policy) -> None:
        """Give units back; the caller does not wait for it.

        What is given back to one bucket while Redis answers goes there as one.
        """
        if not units:
            return
        if self._shared is None:
            self._memory.refund(key, units, policy)
            return
        bucket = (key, policy)
        self._owed[bucket] = self._owed.get(bucket, 0) + units
        if self._refunding is None or self._refunding.done():
            self._refunding = asyncio.create_task(self._refund_all(self._shared))

    async def close(self) -> None:
        """Wait for what is being given back."""
        if self._refunding is not None:
            await self._refunding

    async def _refund_all(self, shared: RedisBudgets) -> None:
        while self._owed:
            owed, self._owed = self._owed, {}
            await asyncio.gather(
                *(self._refund(shared, key, units, policy) for (key, policy), units in owed.items())
            )

    async def _refund(self, shared: RedisBudgets, key: str, units: int, policy: Policy) -> None:
        try:
            await shared.refund(key, units, policy)
        except KeyValueError:
            self._memory.refund(key, units, policy)
