"""The budgets of callers, built once a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.redis import open_redis
from app.settings import Settings
from services.throttling.budgets import Budgets
from services.throttling.memory import MemoryBudgets
from services.throttling.redis import RedisBudgets

_CONNECTIONS = 50
_TIMEOUT_SECONDS = 0.1


@asynccontextmanager
async def open_budgets(settings: Settings) -> AsyncIterator[Budgets]:
    """Build the budgets, in Redis where there is one; leaving finishes what is given back."""
    if settings.redis_url is None:
        yield Budgets(MemoryBudgets(), None)
        return
    async with open_redis(
        settings.redis_url, connections=_CONNECTIONS, timeout_seconds=_TIMEOUT_SECONDS
    ) as redis:
        budgets = Budgets(MemoryBudgets(), RedisBudgets(redis))
        yield budgets
        await budgets.close()
