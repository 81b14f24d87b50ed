"""The budgets of callers, built once a process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from keyvalue import KeyValueClient
from services.throttling.budgets import Budgets
from services.throttling.memory import MemoryBudgets
from services.throttling.redis import RedisBudgets


@asynccontextmanager
async def open_budgets(keyvalue: KeyValueClient | None) -> AsyncIterator[Budgets]:
    """Build the budgets, in Redis where there is one; leaving finishes what is given back."""
    budgets = Budgets(MemoryBudgets(), None if keyvalue is None else RedisBudgets(keyvalue))
    yield budgets
    await budgets.close()
