"""The budgets of callers: in Redis where there is one, in memory while it is away."""

import asyncio
from collections.abc import Callable
from time import monotonic

import structlog
from redis.exceptions import RedisError

from metrics.throttling import budgets_kept_in_memory
from services.throttling.memory import MemoryBudgets
from services.throttling.records import Policy, Spending
from services.throttling.redis import RedisBudgets

REST_SECONDS = 1.0
"""How long Redis is not asked again after it did not answer."""
_log = structlog.get_logger("guidance.throttling")


class Budgets:
    """Spends and gives back; without `shared` each process has budgets of its own.

    Redis being away refuses nobody: this process's own buckets are the bound then.
    """

    def __init__(
        self,
        memory: MemoryBudgets,
        shared: RedisBudgets | None,
        *,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._memory = memory
        self._shared = shared
        self._seconds = seconds
        self._rests_until = 0.0
        self._refunds: set[asyncio.Task[None]] = set()

    async def spend(self, key: str, cost: int, policy: Policy) -> Spending:
        """Spend `cost` units of the budget `key`, or none."""
        shared = self._shared
        if shared is not None and self._seconds() >= self._rests_until:
            try:
                return await shared.spend(key, cost, policy)
            except (RedisError, OSError) as error:
                self._rest(error)
        if shared is not None:
            budgets_kept_in_memory()
        return self._memory.spend(key, cost, policy)

    def spend_here(self, key: str, cost: int, policy: Policy) -> Spending | None:
        """As `spend`, where nobody has to be waited for; None where that is to be awaited."""
        return self._memory.spend(key, cost, policy) if self._shared is None else None

    def refund(self, key: str, units: int, policy: Policy) -> None:
        """Give units back; the caller does not wait for it."""
        if not units:
            return
        if self._shared is None or self._seconds() < self._rests_until:
            self._memory.refund(key, units, policy)
            return
        task = asyncio.create_task(self._refund(self._shared, key, units, policy))
        self._refunds.add(task)
        task.add_done_callback(self._refunds.discard)

    async def close(self) -> None:
        """Wait for what is being given back."""
        await asyncio.gather(*self._refunds)

    async def _refund(self, shared: RedisBudgets, key: str, units: int, policy: Policy) -> None:
        try:
            await shared.refund(key, units, policy)
        except (RedisError, OSError) as error:
            self._rest(error)
            self._memory.refund(key, units, policy)

    def _rest(self, error: Exception) -> None:
        self._rests_until = self._seconds() + REST_SECONDS
        _log.warning("budgets are kept in memory", reason=type(error).__name__)
