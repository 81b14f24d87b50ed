"""One at a time for each key: who would wait in the database waits here instead.

Transactions that use the same key exclude each other there. Waiting for one another they would
each hold a connection.
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

        Who has to wait gives up the turn, and takes it again after the key: whoever holds a key
        waits for nobody.
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
