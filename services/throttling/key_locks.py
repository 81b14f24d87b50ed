"""One use at a time of each idempotency key in this process.

Transactions that use the same key exclude each other in the database, where each would hold a
connection while it waits. So they wait here, without one.
"""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from services.throttling.turns import turn_given_up


class KeyLocks:
    """The keys that are being used in this process."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, key: Hashable) -> AsyncIterator[None]:
        """Hold the key, in the order of asking for it.

        While the key is waited for, the operation's turn is given up. It is taken back after the
        key has been released, so that nobody who holds a key waits for a turn.
        """
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        if lock.locked():
            async with turn_given_up(), lock:
                yield
        else:
            async with lock:
                yield
