"""One at a time for each company: who has to wait in the database waits here instead.

Transactions that charge the same company exclude each other. Waiting for one another they would
each hold a connection, and a flood of one company's calls would keep all connections from the
others.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """The companies that are being charged by this process."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, account_id: int) -> AsyncIterator[None]:
        """Hold the company's turn, in the order of asking for it."""
        lock = self._locks.get(account_id)
        if lock is None:
            lock = self._locks[account_id] = asyncio.Lock()
        async with lock:
            yield
