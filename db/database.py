"""Connections: `read()` for statements that stand alone, `begin()` for a transaction.

`snapshot()` is for reading much of the database as it was at one instant.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import asyncpg

from db.connection import Connection, Observer, Reading
from db.pool import Pool
from db.session import Session
from db.transaction import Snapshot, Transaction

__all__ = ["Connection", "Database", "Observer", "Snapshot", "Transaction", "open_database"]

_CONNECT_TIMEOUT_SECONDS = 5
PATIENCE_SECONDS = 10.0
"""How long a connection is waited for when all are taken, or the database does not answer."""


class Database:
    """The pools of one process; made by `open_database`.

    Where no connection can be had in time, or one is lost, `DatabaseUnavailable` is raised.
    Nothing is tried again here: the next `read()` or `begin()` connects anew.
    """

    def __init__(
        self, primary: Pool, replica: Pool, observe: Observer | None, patience_seconds: float
    ) -> None:
        self._primary = primary
        self._replica = replica
        self._observe = observe
        self._patience_seconds = patience_seconds

    def read(self) -> Reading:
        """Hold a connection for statements that need no transaction; it may be a replica's."""
        return Reading(self._replica, self._observe, self._patience_seconds)

    def read_primary(self) -> Reading:
        """Hold a connection like `read()`, on which everything committed is seen."""
        return Reading(self._primary, self._observe, self._patience_seconds)

    def expected_wait(self, now: float, beside: int = 0) -> float:
        """For how many seconds a connection is going to be waited for; see `Line.expected_wait`."""
        return max(
            self._primary.expected_wait(now, beside), self._replica.expected_wait(now, beside)
        )

    def without_replica(self) -> "Database":
        """The same database, read on the primary alone: for whoever has just written to it."""
        return Database(self._primary, self._primary, self._observe, self._patience_seconds)

    def begin(self) -> Transaction:
        """Hold a connection in a transaction: leaving commits, an exception rolls back."""
        return Transaction(self._primary, self._observe, self._patience_seconds)

    def snapshot(self) -> Snapshot:
        """Hold a connection to the primary on which nothing changes until the block is left."""
        return Snapshot(self._primary, self._observe, self._patience_seconds)


@asynccontextmanager
async def open_database(
    url: str,
    *,
    replica_url: str | None,
    pool_size: int,
    observe: Observer | None,
    patience_seconds: float = PATIENCE_SECONDS,
    keeps_statements: bool = True,
) -> AsyncIterator[Database]:
    """Open pools of at most `pool_size` connections; leaving closes them.

    They connect when they are first used, so that a process starts while its database is away.
    `keeps_statements=False` suits a pooler that lends its connections for a transaction only.
    """
    async with _open_pool(url, pool_size, keeps_statements=keeps_statements) as primary:
        if replica_url is None:
            yield Database(primary, primary, observe, patience_seconds)
        else:
            async with _open_pool(
                replica_url, pool_size, keeps_statements=keeps_statements
            ) as replica:
                yield Database(primary, replica, observe, patience_seconds)


@asynccontextmanager
async def _open_pool(url: str, size: int, *, keeps_statements: bool) -> AsyncIterator[Pool]:
    pool = Pool(partial(_connect, url, keeps_statements=keeps_statements), size)
    try:
        yield pool
    finally:
        await pool.close()


async def _connect(url: str, *, keeps_statements: bool) -> Session:
    driver = await asyncpg.connect(
        url,
        timeout=_CONNECT_TIMEOUT_SECONDS,
        # A session keeps its own; with 0 the driver gives them no name on the server.
        statement_cache_size=1 if keeps_statements else 0,
        server_settings={"application_name": "guidance-api", "timezone": "UTC"},
    )
    return Session(driver)
