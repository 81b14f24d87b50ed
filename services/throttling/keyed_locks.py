"""Locks by key within this process, for transactions that would block each other in the database.

There each of them would hold a connection while it waits. Here they wait without one.
"""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from services.throttling.concurrency import slot_released


class KeyedLocks:
    """One lock for each key that is in use; waiters get it in the order of asking."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def hold_or_release_slot(self, key: Hashable) -> AsyncIterator[None]:
        """Hold the key's lock for the block; while waiting for it, release the operation's slot.

        The slot is taken back after the lock has been released, so that nobody who holds a key
        waits for a slot.
        """
        lock = self._lock(key)
        if lock.locked():
            async with slot_released(), lock:
                yield
        else:
            async with lock:
                yield

    def _lock(self, key: Hashable) -> asyncio.Lock:
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock
