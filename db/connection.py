"""What statements run on: it notes them for the request, and tells how long each of them took."""

from collections.abc import Callable, Sequence
from math import inf
from time import perf_counter
from types import TracebackType
from typing import Any, TypeAlias

import asyncpg

from db.pool import Pool
from db.session import Session
from db.statement import Statement
from db.tracing import trace, who_hears
from db.unavailable import DatabaseUnavailable, SessionLost, connecting, unavailability
from db.work import Work, current_work
from metrics.methods import ObservedStatement
from spans.attribution import attributed
from spans.current import current_job, current_trace
from spans.part import Kind, Part

_WAITING = Part(Kind.CONNECTION, "pool")
Observer: TypeAlias = Callable[[ObservedStatement], None]


class Connection:
    """Runs compiled statements one at a time and reports each of them.

    It has a session of the pool from when it is taken until it is given back. Nobody waits longer
    than `patience_seconds` for a session, nor than `answer_seconds` for an answer: the pool closes
    the session then. A statement that failed because of its session is repeated once on a new one,
    unless it may have taken effect or depends on what the old session did.
    """

    __slots__ = (
        "_answer_seconds",
        "_has_answer",
        "_is_ready",
        "_observe",
        "_patience_seconds",
        "_pool",
        "_session",
        "_waited",
    )

    _session: Session

    def __init__(
        self, pool: Pool, observe: Observer | None, patience_seconds: float, answer_seconds: float
    ) -> None:
        self._pool = pool
        self._observe = observe
        self._patience_seconds = patience_seconds
        self._answer_seconds = answer_seconds
        self._waited = 0.0
        self._is_ready = True
        self._has_answer = False

    # Any: bound values and columns have whatever type the statement gives them.
    async def fetch(self, statement: Statement, **values: Any) -> list[asyncpg.Record]:
        """Run `statement` and give all of its rows; raises `DatabaseUnavailable`."""
        work = current_work()
        if work is None:
            sql = statement.sql
        else:
            name = work.operation
            sql = statement.sql_by_operation.get(name) or statement.sql_for(name)
            work.statements.append(statement.name)
        arguments = statement.arguments(values)
        if statement.writes:
            self._note_write()
        session = self._session
        session.asked_at = started = perf_counter()
        session.overdue_at = started + self._answer_seconds
        self._is_ready = False
        try:
            asking = session.fetch(sql, arguments)
            rows = await (asking if current_trace() is None else attributed(statement.part, asking))
        except BaseException as error:
            lost = self._failed(statement.name, started, session.explained(error, sql))
            if lost is None:
                raise
            if not self._may_repeat(statement, lost):
                raise lost from error
            rows = await self._fetch_anew(statement, sql, arguments, lost)
        self._report(statement.name, started, len(rows), work)
        hears = who_hears()
        if hears is not None:
            trace(hears, self._session.driver, statement, arguments, len(rows), rows)
        return rows

    # Any: as for `fetch`.
    async def _fetch_anew(
        self, statement: Statement, sql: str, arguments: Sequence[Any], lost: DatabaseUnavailable
    ) -> list[asyncpg.Record]:
        """Ask once more, on another session."""
        await self._replace(lost)
        session = self._session
        session.asked_at = started = perf_counter()
        session.overdue_at = started + self._answer_seconds
        self._is_ready = False
        try:
            return await attributed(statement.part, session.fetch(sql, arguments))
        except BaseException as error:
            again = self._failed(statement.name, started, session.explained(error, sql))
            if again is None:
                raise
            raise again from error

    def _may_repeat(self, statement: Statement, lost: DatabaseUnavailable) -> bool:
        """Whether a statement may be asked on another session, where its own was `lost`."""
        raise NotImplementedError

    def _note_write(self) -> None:
        """Note that a statement which writes is about to be sent."""
        raise NotImplementedError

    async def _take(self) -> None:
        """Take a session, another database's where this one has none.

        Raises `DatabaseUnavailable`.
        """
        session = self._pool.take_idle()
        if session is None:
            started = perf_counter()
            try:
                session = await _taken(self._pool, self._patience_seconds)
            except DatabaseUnavailable:
                if self._pool.fallback is None:
                    raise
                self._pool = self._pool.fallback
                session = await _taken(self._pool, self._patience_seconds)
            self._waited = perf_counter() - started
        self._session = session

    async def _replace(self, lost: DatabaseUnavailable) -> None:
        """Take another session in the place of the one that was lost; raises as `_take` does."""
        old = self._session
        if isinstance(lost, SessionLost) and lost.concerns_others:
            self._pool.retire(old.asked_at)
        try:
            with connecting():
                new = self._pool.exchange(old, self._patience_seconds)
                self._session = await attributed(_WAITING, new)
        except DatabaseUnavailable:
            if self._pool.fallback is None:
                raise
            session = await _taken(self._pool.fallback, self._patience_seconds)
            self._pool.give_back(old, is_ready=False)
            self._pool, self._session = self._pool.fallback, session

    def _give_back(self) -> None:
        self._pool.give_back(self._session, is_ready=self._is_ready)
        del self._session  # from now on it is another's

    def _failed(
        self, name: str, started: float, error: BaseException
    ) -> DatabaseUnavailable | None:
        """Report a failure, and give what it means where the session is of no use any more."""
        # A statement that the server refused has ended; one that was cut short may still run.
        self._report(name, started, None, current_work())
        if isinstance(error, asyncpg.PostgresError):
            self._is_ready = True
            self._session.heard_at = perf_counter()
        return unavailability(error, self._session)

    def _report(self, name: str, started: float, rows: int | None, work: Work | None) -> None:
        """Report a statement that has ended; `rows` is None where it failed."""
        ended, session = perf_counter(), self._session
        session.overdue_at = inf
        if rows is not None:
            session.heard_at = ended
            self._is_ready = self._has_answer = True
        if work is not None:
            work.seconds += ended - started
        if self._observe is not None:
            self._observe((name, ended - started, rows, self._waited, current_job()))
            self._waited = 0.0


class Reading(Connection):
    """`async with database.read()`: autocommit, no BEGIN, no reset on return."""

    __slots__ = ()

    async def __aenter__(self) -> Connection:
        session = self._pool.take_idle()
        if session is None:
            await self._take()
        else:
            self._session = session
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._pool.give_back(self._session, is_ready=self._is_ready)
        del self._session

    def _may_repeat(self, statement: Statement, lost: DatabaseUnavailable) -> bool:
        """A statement stands alone: what reads can always be asked again, the rest if refused."""
        return isinstance(lost, SessionLost) and (lost.was_refused or not statement.writes)

    def _note_write(self) -> None:
        work = current_work()
        if work is not None:
            work.has_changed = True


async def _taken(pool: Pool, patience_seconds: float) -> Session:
    with connecting():
        return await attributed(_WAITING, pool.take(patience_seconds))


def noted(statement: Statement, work: Work) -> str:
    """Note the statement for the request; gives its text with the operation's name."""
    work.statements.append(statement.name)
    return statement.sql_by_operation.get(work.operation) or statement.sql_for(work.operation)
