"""One connection to PostgreSQL, with the statements that are prepared on it."""

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

_MOST_PREPARED = 1_000
_ROWS_AT_ONCE = 200
# What could be prepared once and cannot be run now fits the schema no more, or was forgotten.
_OUTDATED = (
    asyncpg.InvalidCachedStatementError,
    asyncpg.InvalidSQLStatementNameError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.UndefinedFunctionError,
    asyncpg.DatatypeMismatchError,
)


class PlanOutdated(Exception):
    """The schema was changed under a prepared statement, which was not run."""


class Session:
    """A connection of the driver's that one user at a time may use.

    Each text is described once, and the server keeps it prepared. Where the driver was told to
    keep no statements it is sent anew each time, together with the values: one round trip too,
    and right where a pooler has it run on another server connection than the one before. Of more
    than `most_prepared` texts the oldest makes room.

    The instants are those of `time.perf_counter`; who uses the session keeps them, and the pool
    reads them.
    """

    __slots__ = (
        "_bind_execute",
        "_most_prepared",
        "_prepared",
        "_states",
        "asked_at",
        "connected_at",
        "driver",
        "expires_at",
        "heard_at",
        "is_connected",
        "overdue_at",
        "was_silent",
    )

    def __init__(self, driver: "Driver", most_prepared: int = _MOST_PREPARED) -> None:
        self.driver = driver
        self.connected_at = self.asked_at = self.heard_at = perf_counter()
        """When it was made, when the latest statement was sent, when the server answered last."""
        self.overdue_at = inf
        """When the answer that is waited for comes too late; infinite while none is."""
        self.expires_at = inf
        """When the session is too old to be used again."""
        self.was_silent = False
        """Whether it was given up because no answer came."""
        self._most_prepared = most_prepared
        self._prepared: dict[str, Prepared] = {}
        # Any: what the driver's own `fetch` comes to, for four fifths of its time; it has no type.
        self._states: dict[str, Any] = {}
        protocol: Any = driver._protocol  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        self._bind_execute = protocol.bind_execute
        self.is_connected: Callable[[], bool] = protocol.is_connected
        """Whether the connection is open, as far as is known; asked before each use."""

    # Any: values have whatever type PostgreSQL has a type for.
    def fetch(self, sql: str, arguments: Sequence[Any]) -> "Rows":
        """Run a statement and give all of its rows; raises what the driver does.

        `explained` says what that means.
        """
        state = self._states.get(sql)
        if state is None:
            return self._fetch_first(sql, arguments)
        rows: Rows = self._bind_execute(state, arguments, "", 0, False, None)
        return rows

    def explained(self, error: BaseException, sql: str) -> BaseException:
        """An error of `fetch`: `PlanOutdated` where the schema was changed under the statement."""
        if isinstance(error, _OUTDATED) and sql in self._states:
            outdated = PlanOutdated()
            outdated.__cause__ = error
            return outdated
        return error

    # Any: as for `fetch`.
    async def _fetch_first(self, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        """Prepare a statement and run it; one that cannot be run then is not kept."""
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
        """Run a statement in a transaction and give its rows as they come, a few held at once."""
        prepared = self._prepared.get(sql) or await self._prepare(sql)
        async for row in prepared.cursor(*arguments, prefetch=_ROWS_AT_ONCE):
            yield row

    def is_closed(self) -> bool:
        """Whether the connection is lost, as far as is known."""
        return self.driver.is_closed()

    @property
    # Any: the driver has no public name for it, and the transport no type.
    def socket(self) -> Any:
        """The socket, as far as the operating system has one."""
        transport: Any = self.driver._transport  # type: ignore[attr-defined]  # noqa: SLF001 - as above
        return transport.get_extra_info("socket")

    def give_up(self) -> None:
        """Close it because no answer comes; whoever waits for one is told at once."""
        self.was_silent = True
        self.driver.terminate()

    async def mend(self) -> None:
        """Wait until the server has let go of a statement that was cancelled."""
        await self.driver.execute("SELECT")

    async def _prepare(self, sql: str) -> "Prepared":
        if len(self._prepared) >= self._most_prepared:
            self._forget(next(iter(self._prepared)))
        prepared = await self.driver.prepare(sql)
        self._states[sql] = prepared._state  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        self._prepared[sql] = prepared
        return prepared

    def _forget(self, sql: str) -> None:
        """The server is told with the next statement that is prepared."""
        del self._states[sql], self._prepared[sql]
