"""One connection to PostgreSQL, with the statements that are prepared on it."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Driver: TypeAlias = asyncpg.Connection[asyncpg.Record]
    Prepared: TypeAlias = asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record]

_MOST_PREPARED = 1_000
_ROWS_AT_ONCE = 200


class Session:
    """A connection of the driver's that one user at a time may use.

    Each text is described once, and the server keeps it prepared. Where the driver was told to
    keep no statements it is sent anew each time, together with the values: one round trip too,
    and right where a pooler has it run on another server connection than the one before. Of more
    than `most_prepared` texts the oldest makes room.
    """

    __slots__ = ("_bind_execute", "_most_prepared", "_prepared", "_states", "driver")

    def __init__(self, driver: "Driver", most_prepared: int = _MOST_PREPARED) -> None:
        self.driver = driver
        self._most_prepared = most_prepared
        self._prepared: dict[str, Prepared] = {}
        # Any: what the driver's own `fetch` comes to, for four fifths of its time; it has no type.
        self._states: dict[str, Any] = {}
        protocol: Any = driver._protocol  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        self._bind_execute = protocol.bind_execute

    # Any: values have whatever type PostgreSQL has a type for.
    async def fetch(self, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        """Run a statement and give all of its rows; raises what the driver does."""
        state = self._states.get(sql)
        if state is None:
            await self._prepare(sql)
            state = self._states[sql]
        try:
            rows: list[asyncpg.Record] = await self._bind_execute(
                state, arguments, "", 0, False, None
            )
        except asyncpg.InvalidCachedStatementError:
            # A migration changed what the statement gives. It has not run.
            self._forget(sql)
            if self.driver.is_in_transaction():
                raise
            return await self.fetch(sql, arguments)
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
