"""One connection to PostgreSQL, and the statements prepared on it."""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from math import inf
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Driver: TypeAlias = asyncpg.Connection[asyncpg.Record]
    # Any: what a coroutine yields and is sent concerns the event loop alone.
    Rows: TypeAlias = Coroutine[Any, Any, list[asyncpg.Record]]
    Prepared: TypeAlias = asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record]

_MAX_PREPARED = 1_000
_ROWS_PER_BATCH = 200
# A prepared statement that fails like this no longer fits the schema, or the server has lost it.
_OUTDATED = (
    asyncpg.InvalidCachedStatementError,
    asyncpg.InvalidSQLStatementNameError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
    asyncpg.DatatypeMismatchError,
)


class PlanOutdated(Exception):
    """A prepared statement was not run because the schema has changed since."""


class Session:
    """A driver connection for one user at a time.

    Each statement is prepared once and stays prepared on the server. If the driver keeps no
    statements, it is sent together with its values each time: also one round trip, and correct
    behind a pooler that may use another server connection. Beyond `max_prepared` statements the
    oldest is dropped.

    Instants are those of `time.perf_counter`. The connection that uses the session sets them, and
    the pool reads them.
    """

    __slots__ = (
        "_bind_execute",
        "_max_prepared",
        "_prepared",
        "_states",
        "answered_at",
        "connected_at",
        "driver",
        "expires_at",
        "has_timed_out",
        "is_connected",
        "overdue_at",
        "replayed_position",
        "sent_at",
    )

    def __init__(self, driver: "Driver", max_prepared: int = _MAX_PREPARED) -> None:
        self.driver = driver
        self.connected_at = self.sent_at = self.answered_at = perf_counter()
        """When it was connected, when a statement was last sent, and when one was last answered."""
        self.overdue_at = inf
        """The deadline of the awaited answer; infinite while none is awaited."""
        self.expires_at = inf
        """When the session is too old to be lent again."""
        self.has_timed_out = False
        """Whether it was closed because no answer came in time."""
        self.replayed_position = 0
        """The WAL position that its server is known to have replayed."""
        self._max_prepared = max_prepared
        self._prepared: dict[str, Prepared] = {}
        # Any: private and untyped; calling it directly takes four fifths of the driver's `fetch`.
        self._states: dict[str, Any] = {}
        protocol: Any = driver._protocol  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        self._bind_execute = protocol.bind_execute
        self.is_connected: Callable[[], bool] = protocol.is_connected
        """Whether the connection is open, as far as is known."""

    # Any: values have whatever type PostgreSQL has a type for.
    def fetch(self, sql: str, arguments: Sequence[Any]) -> "Rows":
        """Run a statement and return all of its rows; raises the driver's errors.

        `translate_error` interprets them.
        """
        state = self._states.get(sql)
        if state is None:
            return self._fetch_first(sql, arguments)
        rows: Rows = self._bind_execute(state, arguments, "", 0, False, None)
        return rows

    # Any: as for `fetch`.
    async def fetch_once(self, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        """Run a statement that will not come again, and return all of its rows."""
        rows: list[asyncpg.Record] = await self.driver.fetch(sql, *arguments)
        return rows

    def translate_error(self, error: BaseException, sql: str) -> BaseException:
        """The error of `fetch`, or `PlanOutdated` if it means that the schema has changed."""
        if isinstance(error, _OUTDATED) and sql in self._states:
            outdated = PlanOutdated()
            outdated.__cause__ = error
            return outdated
        return error

    # Any: as for `fetch`.
    async def _fetch_first(self, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        """Prepare a statement and run it; it does not stay prepared if it cannot be run."""
        await self._prepare(sql)
        try:
            rows: list[asyncpg.Record] = await self._bind_execute(
                self._states[sql], arguments, "", 0, False, None
            )
        except _OUTDATED:
            self._forget(sql)
            raise
        return rows

    # Any: as for `fetch`.
    async def rows(self, sql: str, arguments: Sequence[Any]) -> AsyncIterator[asyncpg.Record]:
        """Run a statement in a transaction and yield its rows in small batches."""
        prepared = self._prepared.get(sql) or await self._prepare(sql)
        async for row in prepared.cursor(*arguments, prefetch=_ROWS_PER_BATCH):
            yield row

    def is_closed(self) -> bool:
        """Whether the connection is lost, as far as is known."""
        return self.driver.is_closed()

    @property
    # Any: the driver has no public name for it, and the transport no type.
    def socket(self) -> Any:
        """The connection's socket, if it has one."""
        transport: Any = self.driver._transport  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        return transport.get_extra_info("socket")

    def abandon(self) -> None:
        """Close it because no answer comes in time; whoever awaits one gets an error at once."""
        self.has_timed_out = True
        self.driver.terminate()

    async def drain(self) -> None:
        """Wait until the server has ended a statement that was cancelled."""
        await self.driver.execute("SELECT")

    async def _prepare(self, sql: str) -> "Prepared":
        if len(self._prepared) >= self._max_prepared:
            self._forget(next(iter(self._prepared)))
        prepared = await self.driver.prepare(sql)
        self._states[sql] = prepared._state  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        self._prepared[sql] = prepared
        return prepared

    def _forget(self, sql: str) -> None:
        """Drop a prepared statement; the driver closes it on the server with its next request."""
        del self._states[sql], self._prepared[sql]
