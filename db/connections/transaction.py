"""Connections in a transaction, which ends with the block whatever happens inside."""

from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from math import inf
from time import perf_counter
from types import TracebackType
from typing import Any, Self

from db.connections.capture import current_listener, report_executed
from db.connections.connection import Connection, Observer, record_statement
from db.connections.errors import DatabaseUnavailable, OutcomeUnknown, SessionLost
from db.connections.pool import Pool
from db.request_scope import current_scope
from db.row import Row
from db.statement import Statement
from spans.attribution import attributed
from spans.part import Kind, Part


class _TransactionBase(Connection):
    """Leaving the `async with` block commits, an exception rolls back."""

    __slots__ = ()

    _begin = "BEGIN"

    async def __aenter__(self) -> Self:
        await self._acquire()
        try:
            await self._begin_somewhere()
        except BaseException:
            self._end()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                await self._commit()
            elif not self._session.is_closed():
                # If the connection is lost, the server rolls back by itself.
                with suppress(DatabaseUnavailable):
                    await self._command("transaction.rollback", "ROLLBACK")
        finally:
            self._end()

    async def _commit(self) -> None:
        await self._command("transaction.commit", "COMMIT")

    def _can_retry(self, _statement: Statement, lost: DatabaseUnavailable) -> bool:
        """Until a statement has been answered nothing was done, and all can begin again."""
        return isinstance(lost, SessionLost) and not self._has_answer

    def _mark_write(self) -> None:
        """Writes count when they are committed."""

    async def _replace_session(self, lost: DatabaseUnavailable) -> None:
        await super()._replace_session(lost)
        await self._command("transaction.begin", self._begin)

    async def _begin_somewhere(self) -> None:
        try:
            await self._command("transaction.begin", self._begin)
        except SessionLost as lost:
            await self._replace_session(lost)

    def _end(self) -> None:
        """Release the session; one whose transaction may still be open is closed first."""
        driver = self._session.driver
        if not driver.is_closed() and (not self._is_ready or driver.is_in_transaction()):
            driver.terminate()
        self._release()

    async def _command(self, name: str, command: str) -> None:
        session, has_answer = self._session, self._has_answer
        session.sent_at = started = perf_counter()
        session.overdue_at = started + self._answer_seconds
        self._is_ready = False
        try:
            await attributed(Part(Kind.DATABASE, name), session.driver.execute(command))
        except BaseException as error:
            lost = self._report_failure(name, started, error)
            if lost is None:
                raise
            raise lost from error
        self._report(name, started, 0, current_scope())
        self._has_answer = has_answer


class Transaction(_TransactionBase):
    """A transaction, with callbacks that run once it has been committed."""

    __slots__ = ("_after_commit", "_on_unknown_outcome")

    def __init__(
        self, pool: Pool, observe: Observer | None, patience_seconds: float, answer_seconds: float
    ) -> None:
        super().__init__(pool, observe, patience_seconds, answer_seconds)
        self._after_commit: list[Callable[[], Awaitable[None]]] = []
        self._on_unknown_outcome: list[Callable[[], Awaitable[None]]] = []

    def after_commit(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Call `callback` once the transaction has been committed, and only then."""
        self._after_commit.append(callback)

    def on_unknown_outcome(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Call `callback` if it remains unknown whether the transaction was committed."""
        self._on_unknown_outcome.append(callback)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            try:
                await super().__aexit__(kind, error, traceback)
            except (OutcomeUnknown, CancelledError):
                for callback in self._on_unknown_outcome:
                    await callback()
                raise
            if kind is None:
                for callback in self._after_commit:
                    await callback()
        finally:
            # After the callbacks: what they invalidate is part of what may be remembered.
            if self._changes is not None:
                await self._changes.tell()

    async def _commit(self) -> None:
        """Commit; raises `OutcomeUnknown` if COMMIT was sent and not answered."""
        if self._session.is_closed():
            raise SessionLost("the connection was lost before the commit", was_refused=True)
        scope = current_scope()
        had_changed = scope is not None and scope.has_changed
        if scope is not None:
            scope.has_changed = True
        try:
            await super()._commit()
        except DatabaseUnavailable as error:
            if not self._session.is_closed():
                # The server refused the commit: nothing was changed.
                if scope is not None:
                    scope.has_changed = had_changed
                raise
            raise OutcomeUnknown(str(error)) from error.__cause__


class ReadOnlyTransaction(_TransactionBase):
    """A transaction for reads that must all run on one server, even behind a pooler."""

    __slots__ = ()

    _begin = "BEGIN READ ONLY"


class Snapshot(_TransactionBase):
    """A read-only transaction that sees the database as it was at its first statement."""

    __slots__ = ()

    _begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    # Any: as for `fetch`.
    async def rows(self, statement: Statement, **values: Any) -> AsyncIterator[Row]:
        """Run `statement` and yield its rows as they arrive; only a few are in memory at once.

        Raises `DatabaseUnavailable`. The reported duration lasts until the last row.
        """
        scope = current_scope()
        sql = statement.sql if scope is None else record_statement(statement, scope)
        arguments = statement.arguments(values)
        count, started = 0, perf_counter()
        rows = self._session.rows(sql, arguments)
        try:
            while (row := await attributed(statement.part, self._next(rows))) is not None:
                count += 1
                yield row
        except (Exception, CancelledError) as error:
            lost = self._report_failure(statement.name, started, error)
            if lost is None:
                raise
            raise lost from error
        self._report(statement.name, started, count, scope)
        listener = current_listener()
        if listener is not None:
            report_executed(listener, self._session.driver, statement, arguments, count, ())

    async def _next(self, rows: AsyncIterator[Row]) -> Row | None:
        """The next row, which must arrive within the timeout for answers; None after the last."""
        session = self._session
        session.sent_at = perf_counter()
        session.overdue_at = session.sent_at + self._answer_seconds
        row = await anext(rows, None)
        session.overdue_at = inf
        session.answered_at = perf_counter()
        return row
