"""What statements run on: it notes them for the request, and tells how long each of them took."""

from collections.abc import Callable
from time import perf_counter
from types import TracebackType
from typing import Any, TypeAlias

import asyncpg

from db.pool import Pool
from db.session import Session
from db.statement import Statement
from db.tracing import trace
from db.unavailable import connecting, raise_if_lost
from db.work import current_work

Observer: TypeAlias = Callable[[str, float, int | None, float], None]
"""Told of each statement: its name, the seconds it took, its rows, and the seconds for which a
connection was waited for before it. The rows are None where it failed or was cut short."""
_Count: TypeAlias = Callable[[list[asyncpg.Record]], int]


class Connection:
    """Runs compiled statements one at a time and reports each of them.

    It has a session of the pool from when it is taken until it is given back.
    """

    __slots__ = ("_is_ready", "_observe", "_patience_seconds", "_pool", "_session", "_waited")

    _session: Session

    def __init__(self, pool: Pool, observe: Observer | None, patience_seconds: float) -> None:
        self._pool = pool
        self._observe = observe
        self._patience_seconds = patience_seconds
        self._waited = 0.0
        self._is_ready = True

    # Any: bound values and columns have whatever type the statement gives them.
    async def fetch(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        """Run `statement` and give all of its rows; raises `DatabaseUnavailable`."""
        return await self._fetch(statement, values, len)

    # Any: as for `fetch`.
    async def fetch_packed(self, statement: Statement, **values: Any) -> asyncpg.Record:
        """Run a `statement` that packs its rows into one, with an array for each column.

        A long row comes in few pieces, which is much less to do than many short ones. As many
        rows are told of as are in it.
        """
        (row,) = await self._fetch(statement, values, _packed)
        return row

    async def _fetch(
        self, statement: Statement, values: dict[str, Any], count: _Count
    ) -> list[asyncpg.Record]:
        sql = noted(statement)
        arguments = statement.arguments(values)
        self._is_ready = False
        started = perf_counter()
        try:
            rows = await self._session.fetch(sql, arguments)
        except BaseException as error:
            self._failed(statement.name, started, error)
            raise
        self._is_ready = True
        self._report(statement.name, started, count(rows))
        trace(self._session.driver, statement, arguments, count(rows))
        return rows

    async def _take(self) -> None:
        """Take a session; raises `DatabaseUnavailable`."""
        session = self._pool.take_idle()
        if session is None:
            started = perf_counter()
            with connecting():
                session = await self._pool.take(self._patience_seconds)
            self._waited = perf_counter() - started
        self._session = session

    def _give_back(self) -> None:
        self._pool.give_back(self._session, is_ready=self._is_ready)
        del self._session  # from now on it is another's

    def _failed(self, name: str, started: float, error: BaseException) -> None:
        """Report a failure, and raise `DatabaseUnavailable` if the connection is lost."""
        # The server has ended what it refuses; what was cut short may be running still.
        self._is_ready = isinstance(error, asyncpg.PostgresError)
        self._report(name, started, None)
        raise_if_lost(error, self._session.driver)

    def _report(self, name: str, started: float, rows: int | None) -> None:
        seconds, work = perf_counter() - started, current_work()
        if work is not None:
            work.seconds += seconds
        if self._observe is not None:
            self._observe(name, seconds, rows, self._waited)
            self._waited = 0.0


class Reading(Connection):
    """`async with database.read()`: autocommit, no BEGIN, no reset on return."""

    __slots__ = ()

    async def __aenter__(self) -> Connection:
        await self._take()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._give_back()


def _packed(rows: list[asyncpg.Record]) -> int:
    return len(rows[0][0] or ())


def noted(statement: Statement) -> str:
    """Note the statement for the request; gives its text with the operation's name."""
    work = current_work()
    if work is None:
        return statement.sql
    work.statements.append(statement.name)
    return statement.sql_for(work.operation)
