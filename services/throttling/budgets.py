"""The budgets of callers: in Redis where there is one, in memory while it is away."""

import asyncio

import structlog
from redis.exceptions import RedisError

from metrics.throttling import budgets_kept_in_memory
from services.throttling.memory import MemoryBudgets
from services.throttling.records import Policy, Spending
from services.throttling.redis import RedisBudgets

_log = structlog.get_logger("guidance.throttling")


class Budgets:
    """Spends and gives back; without `shared` each process has budgets of its own."""

    def __init__(self, memory: MemoryBudgets, shared: RedisBudgets | None) -> None:
        self._memory = memory
        self._shared = shared
        self._refunds: set[asyncio.Task[None]] = set()

    async def spend(self, key: str, cost: int, policy: Policy) -> Spending:
        """Spend `cost` units of the budget `key`, or none.

        Redis being away refuses nobody: this process's own bucket is the bound then.
        """
        if self._shared is not None:
            try:
                return await self._shared.spend(key, cost, policy)
            except (RedisError, OSError) as error:
                _away(error)
        return self._memory.spend(key, cost, policy)

    def refund(self, key: str, units: int, policy: Policy) -> None:
        """Give units back; the caller does not wait for it."""
        if not units:
            return
        if self._shared is None:
            self._memory.refund(key, units, policy)
            return
        task = asyncio.create_task(self._refund(self._shared, key, units, policy))
        self._refunds.add(task)
        task.add_done_callback(self._refunds.discard)

    async def _refund(self, shared: RedisBudgets, key: str, units: int, policy: Policy) -> None:
        try:
            await shared.refund(key, units, policy)
        except (RedisError, OSError) as error:
            _away(error)
            self._memory.refund(key, units, policy)


def _away(error: Exception) -> None:
    budgets_kept_in_memory()
    _log.warning("budgets are kept in memory", reason=type(error).__name__)
