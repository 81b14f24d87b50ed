"""The lock that lets one process at a time change a database's schema."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from db.connections.session import Driver

_LOCK_KEY = 0x6775_6964  # "guid"
_LOCK_POLL_SECONDS = 0.1


@asynccontextmanager
async def migration_lock(url: str) -> AsyncIterator["Driver"]:
    """Hold the advisory lock of migrations; yields the connection that holds it.

    The lock is polled, because CREATE INDEX CONCURRENTLY waits for every session that has a
    snapshot, as one that waited in PostgreSQL for this lock would.
    """
    connection = await asyncpg.connect(url)
    try:
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_KEY):  # noqa: ASYNC110 - another process holds it
            await asyncio.sleep(_LOCK_POLL_SECONDS)
        yield connection
    finally:
        await connection.close()
