"""Connections: `read()` for statements that stand alone, `begin()` for a transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

from db.recording import record
from db.statement import Statement

if TYPE_CHECKING:
    Driver: TypeAlias = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[Any]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]

Observer: TypeAlias = Callable[[str, float, int], None]
"""Told of each statement: its name, the seconds it took and the number of rows it returned."""

_CONNECT_TIMEOUT_SECONDS = 5
_ACQUIRE_TIMEOUT_SECONDS = 10


class Connection:
    """Runs compiled statements one at a time and reports each of them."""

    __slots__ = ("_observe", "driver")

    def __init__(self, driver: "Driver", observe: Observer) -> None:
        self.driver = driver
        self._observe = observe

    # Any: bound values and columns have whatever type the statement gives them.
    async def fetch(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        """Run `statement` and give all of its rows."""
        record(statement.name)
        started = perf_counter()
        rows = await self.driver.fetch(statement.sql, *statement.arguments(values))
        self._observe(statement.name, perf_counter() - started, len(rows))
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


class Database:
    """The pools of one process; made by `open_database`."""

    def __init__(self, primary: "Pool", replica: "Pool", observe: Observer) -> None:
        self._primary = primary
        self._replica = replica
        self._observe = observe

    def read(self) -> "Reading":
        """Hold a connection for statements that need no transaction; it may be a replica's."""
        return Reading(self._replica, self._observe)

    def read_primary(self) -> "Reading":
        """Hold a connection for statements that must see everything committed before."""
        return Reading(self._primary, self._observe)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """Hold a connection in a transaction: leaving commits, an exception rolls back."""
        async with self._primary.acquire(timeout=_ACQUIRE_TIMEOUT_SECONDS) as driver:
            transaction = Transaction(driver, self._observe)
            async with driver.transaction():
                yield transaction
        await transaction.committed()


class Reading:
    """`async with database.read()`: autocommit, no BEGIN, no reset on return."""

    __slots__ = ("_driver", "_observe", "_pool")

    def __init__(self, pool: "Pool", observe: Observer) -> None:
        self._pool = pool
        self._observe = observe

    async def __aenter__(self) -> Connection:
        self._driver = await self._pool.acquire(timeout=_ACQUIRE_TIMEOUT_SECONDS)
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
    url: str, *, replica_url: str | None, pool_size: int, observe: Observer
) -> AsyncIterator[Database]:
    """Open pools of at most `pool_size` connections; leaving closes them."""
    async with _open_pool(url, pool_size) as primary:
        if replica_url is None:
            yield Database(primary, primary, observe)
        else:
            async with _open_pool(replica_url, pool_size) as replica:
                yield Database(primary, replica, observe)


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
