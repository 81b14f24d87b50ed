"""The lock that keeps whoever changes a database's schema alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from db.session import Driver

_LOCK = 0x6775_6964  # "guid"
_LOCK_POLL_SECONDS = 0.1


@asynccontextmanager
async def alone(url: str) -> AsyncIterator["Driver"]:
    """Hold the lock that keeps other migrating processes out; gives the connection that has it.

    The lock is polled: a session that waits in PostgreSQL for it would itself be waited for by
    CREATE INDEX CONCURRENTLY.
    """
    guard = await asyncpg.connect(url)
    try:
        while not await guard.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110 - another process holds it
            await asyncio.sleep(_LOCK_POLL_SECONDS)
        yield guard
    finally:
        await guard.close()
