"""Connections: `read()` for statements that stand alone, `begin()` for a transaction.

`snapshot()` is for reading much of the database as it was at one instant.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

from db.recording import record
from db.statement import Statement
from db.tracing import trace
from db.unavailable import DatabaseUnavailable, connected, connecting

if TYPE_CHECKING:
    from db.unavailable import Driver

    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    DriverTransaction: TypeAlias = asyncpg.transaction.Transaction

Observer: TypeAlias = Callable[[str, float, int], None]
"""Told of each statement: its name, the seconds it took and the number of rows it returned."""

_CONNECT_TIMEOUT_SECONDS = 5
_ROWS_AT_ONCE = 200
PATIENCE_SECONDS = 10.0
"""How long a connection is waited for when all are taken, or the database does not answer."""


class Connection:
    """Runs compiled statements one at a time and reports each of them."""

    __slots__ = ("_observe", "driver")

    def __init__(self, driver: "Driver", observe: Observer) -> None:
        self.driver = driver
        self._observe = observe

    # Any: bound values and columns have whatever type the statement gives them.
    async def fetch(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        """Run `statement` and give all of its rows; raises `DatabaseUnavailable`."""
        record(statement.name)
        arguments = statement.arguments(values)
        started = perf_counter()
        with connected(self.driver):
            rows = await self.driver.fetch(statement.sql, *arguments)
        self._observe(statement.name, perf_counter() - started, len(rows))
        trace(self.driver, statement, arguments, len(rows))
        return rows


class Transaction(Connection):
    """A connection inside a transaction, with work to do once it is committed."""

    __slots__ = ("_after_commit",)

    def __init__(self, driver: "Driver", observe: Observer) -> None:
        super().__init__(driver, observe)
        self._after_commit: list[Callable[[], Awaitable[None]]] = []

    def after_commit(self, work: Callable[[], Awaitable[None]]) -> None:
        """Call `work` when, and only when, the transaction has been committed."""
        self._after_commit.append(work)

    async def committed(self) -> None:
        """Do the registered work, in the order of its registration."""
        for work in self._after_commit:
            await work()


class Snapshot(Connection):
    """A connection that sees the database as it was at its first statement, and changes nothing."""

    __slots__ = ()

    # Any: as for `fetch`.
    async def rows(self, statement: Statement, **values: Any) -> AsyncIterator[asyncpg.Record]:
        """Run `statement` and give its rows as they come, however many: a few are held at once.

        Raises `DatabaseUnavailable`. Its time is that until the last row.
        """
        record(statement.name)
        started, count = perf_counter(), 0
        arguments = statement.arguments(values)
        cursor = self.driver.cursor(statement.sql, *arguments, prefetch=_ROWS_AT_ONCE)
        with connected(self.driver):
            async for row in cursor:
                count += 1
                yield row
        self._observe(statement.name, perf_counter() - started, count)
        trace(self.driver, statement, arguments, count)


class Database:
    """The pools of one process; made by `open_database`.

    Where no connection can be had in time, or one is lost, `DatabaseUnavailable` is raised.
    Nothing is tried again here: the next `read()` or `begin()` connects anew.
    """

    def __init__(
        self, primary: "Pool", replica: "Pool", observe: Observer, patience_seconds: float
    ) -> None:
        self._primary = primary
        self._replica = replica
        self._observe = observe
        self._patience_seconds = patience_seconds

    def read(self) -> "Reading":
        """Hold a connection for statements that need no transaction; it may be a replica's."""
        return Reading(self._replica, self._observe, self._patience_seconds)

    def read_primary(self) -> "Reading":
        """Hold a connection like `read()`, on which everything committed is seen."""
        return Reading(self._primary, self._observe, self._patience_seconds)

    def without_replica(self) -> "Database":
        """The same database, read on the primary alone: for whoever has just written to it."""
        return Database(self._primary, self._primary, self._observe, self._patience_seconds)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """Hold a connection in a transaction: leaving commits, an exception rolls back."""
        driver = await _acquire(self._primary, self._patience_seconds)
        try:
            transaction = Transaction(driver, self._observe)
            async with _committed_or_rolled_back(driver, driver.transaction()):
                yield transaction
        finally:
            await self._primary.release(driver)
        await transaction.committed()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """Hold a connection to the primary on which nothing changes until the block is left."""
        driver = await _acquire(self._primary, self._patience_seconds)
        try:
            unchanging = driver.transaction(isolation="repeatable_read", readonly=True)
            async with _committed_or_rolled_back(driver, unchanging):
                yield Snapshot(driver, self._observe)
        finally:
            await self._primary.release(driver)


class Reading:
    """`async with database.read()`: autocommit, no BEGIN, no reset on return."""

    __slots__ = ("_driver", "_observe", "_patience_seconds", "_pool")

    def __init__(self, pool: "Pool", observe: Observer, patience_seconds: float) -> None:
        self._pool = pool
        self._observe = observe
        self._patience_seconds = patience_seconds

    async def __aenter__(self) -> Connection:
        self._driver = await _acquire(self._pool, self._patience_seconds)
        return Connection(self._driver, self._observe)

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._pool.release(self._driver)


@asynccontextmanager
async def open_database(
    url: str,
    *,
    replica_url: str | None,
    pool_size: int,
    observe: Observer,
    patience_seconds: float = PATIENCE_SECONDS,
) -> AsyncIterator[Database]:
    """Open pools of at most `pool_size` connections; leaving closes them.

    They connect when they are first used, so that a process starts while its database is away.
    """
    async with _open_pool(url, pool_size) as primary:
        if replica_url is None:
            yield Database(primary, primary, observe, patience_seconds)
        else:
            async with _open_pool(replica_url, pool_size) as replica:
                yield Database(primary, replica, observe, patience_seconds)


async def _acquire(pool: "Pool", patience_seconds: float) -> "Driver":
    with connecting():
        return await pool.acquire(timeout=patience_seconds)


@asynccontextmanager
async def _committed_or_rolled_back(
    driver: "Driver", transaction: "DriverTransaction"
) -> AsyncIterator[None]:
    with connected(driver):
        await transaction.start()
    try:
        yield
    except BaseException:
        # A lost connection is rolled back by the server.
        with suppress(DatabaseUnavailable), connected(driver):
            await transaction.rollback()
        raise
    with connected(driver):
        await transaction.commit()


def _open_pool(url: str, pool_size: int) -> "Pool":
    return asyncpg.create_pool(
        url,
        min_size=0,
        max_size=pool_size,
        max_inactive_connection_lifetime=0,
        max_queries=1_000_000,
        reset=_nothing_to_reset,
        timeout=_CONNECT_TIMEOUT_SECONDS,
        server_settings={"application_name": "guidance-api", "timezone": "UTC"},
    )


async def _nothing_to_reset(_driver: object) -> None:
    """Statements here leave no session state behind, so a returned connection is clean."""
