"""A connection on which statements run; each is timed, and counted for the current request."""

from collections.abc import Callable, Coroutine, Sequence
from math import inf
from time import perf_counter
from types import TracebackType
from typing import Any, TypeAlias

import asyncpg

from db.changes import Changes
from db.connections.capture import current_listener, report_executed
from db.connections.errors import (
    DatabaseUnavailable,
    SessionLost,
    as_unavailable,
    translating_errors,
)
from db.connections.pool import Pool
from db.connections.session import Session
from db.request_scope import RequestScope, current_scope
from db.row import Row
from db.statement import Statement
from metrics.repository_methods import ObservedStatement
from spans.attribution import attributed
from spans.current import current_job, current_trace, current_traceparent
from spans.part import Kind, Part

_WAITING = Part(Kind.CONNECTION, "pool")
Observer: TypeAlias = Callable[[ObservedStatement], None]


class Connection:
    """Runs compiled statements one at a time and reports each of them.

    It borrows a session from the pool for as long as the block lasts. It waits at most
    `patience_seconds` for a session and `answer_seconds` for an answer, after which the pool closes
    the session. A statement that fails because its session was lost is repeated once on a new
    session, unless it may have taken effect or depends on what the old session did.
    """

    __slots__ = (
        "_answer_seconds",
        "_changes",
        "_has_answer",
        "_is_ready",
        "_observe",
        "_patience_seconds",
        "_pool",
        "_session",
        "_waited",
    )

    _session: Session

    @property
    def session(self) -> Session:
        """The borrowed session."""
        return self._session

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
        self._changes: Changes | None = None

    # Any: bound values and columns have whatever type the statement gives them.
    async def fetch(self, statement: Statement, **values: Any) -> list[Row]:
        """Run `statement` and return all of its rows; raises `DatabaseUnavailable`."""
        scope = current_scope()
        if scope is None:
            sql = statement.sql
        else:
            name = scope.operation
            sql = statement.sql_by_operation.get(name) or statement.sql_for(name)
            scope.statements.append(statement.name)
        arguments = statement.arguments(values)
        if statement.writes:
            self._mark_write()
            if self._changes is None and self._pool.on_change is not None:
                self._changes = Changes(self._pool.on_change)
        session = self._session
        session.sent_at = started = perf_counter()
        session.overdue_at = started + self._answer_seconds
        self._is_ready = False
        try:
            rows = await (
                session.fetch(sql, arguments)
                if current_trace() is None
                else self._fetch_traced(statement, sql, arguments)
            )
        except BaseException as error:
            lost = self._report_failure(
                statement.name, started, session.translate_error(error, sql)
            )
            if self._changes is not None:
                self._changes.add(statement, values)
            if lost is None:
                raise
            if not self._can_retry(statement, lost):
                raise lost from error
            rows = await self._retry_fetch(statement, sql, arguments, lost)
        self._report(statement.name, started, len(rows), scope)
        if self._changes is not None:
            self._changes.add(statement, values, rows=len(rows))
        listener = current_listener()
        if listener is not None:
            report_executed(listener, self._session.driver, statement, arguments, len(rows), rows)
        return rows

    # Any: as for `fetch`.
    def _fetch_traced(
        self, statement: Statement, sql: str, arguments: Sequence[Any]
    ) -> Coroutine[Any, Any, list[Row]]:
        """Run a statement of a traced request; where that is exported, with its id in the comment.

        Such a text comes once, so that it is not kept prepared.
        """
        traceparent = current_traceparent()
        if traceparent is None:
            running = self._session.fetch(sql, arguments)
        else:
            comment, rest = sql.split(" */", 1)
            marked = f"{comment} traceparent='{traceparent}' */{rest}"
            running = self._session.fetch_once(marked, arguments)
        return attributed(statement.part, running)

    # Any: as for `fetch`.
    async def _retry_fetch(
        self, statement: Statement, sql: str, arguments: Sequence[Any], lost: DatabaseUnavailable
    ) -> list[Row]:
        """Run a statement again, on another session."""
        await self._replace_session(lost)
        session = self._session
        session.sent_at = started = perf_counter()
        session.overdue_at = started + self._answer_seconds
        self._is_ready = False
        try:
            return await attributed(statement.part, session.fetch(sql, arguments))
        except BaseException as error:
            again = self._report_failure(
                statement.name, started, session.translate_error(error, sql)
            )
            if again is None:
                raise
            raise again from error

    def _can_retry(self, statement: Statement, lost: DatabaseUnavailable) -> bool:
        """Whether a statement whose session was `lost` may be sent again on another one."""
        raise NotImplementedError

    def _mark_write(self) -> None:
        """Record that a statement which writes is about to be sent."""
        raise NotImplementedError

    async def _acquire(self) -> None:
        """Borrow a session, from the fallback pool where this one has none in time.

        Raises `DatabaseUnavailable`.
        """
        session = self._pool.acquire_idle()
        if session is None:
            started = perf_counter()
            try:
                session = await _acquire_session(self._pool, self._patience_seconds)
            except DatabaseUnavailable:
                if self._pool.fallback is None:
                    raise
                self._pool = self._pool.fallback
                session = await _acquire_session(self._pool, self._patience_seconds)
            self._waited = perf_counter() - started
        self._session = session

    async def _replace_session(self, lost: DatabaseUnavailable) -> None:
        """Exchange the lost session for another one; raises as `_acquire` does."""
        old = self._session
        if isinstance(lost, SessionLost) and lost.concerns_others:
            self._pool.retire(old.sent_at)
        try:
            with translating_errors():
                new = self._pool.replace_session(old, self._patience_seconds)
                self._session = await attributed(_WAITING, new)
        except DatabaseUnavailable:
            if self._pool.fallback is None:
                raise
            await self._move_to(self._pool.fallback)

    async def _move_to(self, pool: Pool) -> None:
        """Exchange the session for one of another pool; raises as `_acquire` does."""
        session = await _acquire_session(pool, self._patience_seconds)
        self._pool.release(self._session, is_ready=False)
        self._pool, self._session = pool, session

    def _release(self) -> None:
        self._pool.release(self._session, is_ready=self._is_ready)
        del self._session  # it may be lent to others from now on

    def _report_failure(
        self, name: str, started: float, error: BaseException
    ) -> DatabaseUnavailable | None:
        """Report a failed statement, and return the error that means the database is unavailable.

        None where the statement itself is at fault.
        """
        # A statement that the server refused has ended; one that was cancelled may still run.
        self._report(name, started, None, current_scope())
        if isinstance(error, asyncpg.PostgresError):
            self._is_ready = True
            self._session.answered_at = perf_counter()
        return as_unavailable(error, self._session)

    def _report(
        self, name: str, started: float, rows: int | None, scope: RequestScope | None
    ) -> None:
        """Report a statement that has ended; `rows` is None when it failed."""
        ended, session = perf_counter(), self._session
        session.overdue_at = inf
        if rows is not None:
            session.answered_at = ended
            self._is_ready = self._has_answer = True
        if scope is not None:
            scope.seconds += ended - started
            if scope.timings is not None:
                scope.timings.append((name, started, ended))
        if self._observe is not None:
            self._observe((name, ended - started, rows, self._waited, current_job()))
            self._waited = 0.0


class ReadConnection(Connection):
    """`async with database.read()`: autocommit, without BEGIN, and without a reset on release."""

    __slots__ = ()

    async def __aenter__(self) -> Connection:
        session = self._pool.acquire_idle()
        if session is None:
            await self._acquire()
        else:
            self._session = session
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._pool.release(self._session, is_ready=self._is_ready)
        del self._session
        if self._changes is not None:
            await self._changes.tell()

    def _can_retry(self, statement: Statement, lost: DatabaseUnavailable) -> bool:
        """Reads can always be repeated, and writes only if the server refused them."""
        return isinstance(lost, SessionLost) and (lost.was_refused or not statement.writes)

    def _mark_write(self) -> None:
        scope = current_scope()
        if scope is not None:
            scope.has_changed = True


class ReplicaConnection(ReadConnection):
    """A connection to the replica; if its session is lost, statements are the primary's.

    What was found out about the lost session's server need not be true of another replica.
    """

    __slots__ = ()

    async def _replace_session(self, lost: DatabaseUnavailable) -> None:
        if self._pool.fallback is None:
            await super()._replace_session(lost)
        else:
            await self._move_to(self._pool.fallback)


async def _acquire_session(pool: Pool, patience_seconds: float) -> Session:
    with translating_errors():
        return await attributed(_WAITING, pool.acquire(patience_seconds))


def record_statement(statement: Statement, scope: RequestScope) -> str:
    """Count the statement for the request, and return its SQL with the operation's name."""
    scope.statements.append(statement.name)
    return statement.sql_by_operation.get(scope.operation) or statement.sql_for(scope.operation)
