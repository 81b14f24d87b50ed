"""Connections in a transaction: how it begins, and how it ends whatever happens inside."""

from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from math import inf
from time import perf_counter
from types import TracebackType
from typing import Any, Self

import asyncpg

from db.connection import Connection, Observer, noted
from db.pool import Pool
from db.statement import Statement
from db.tracing import trace, who_hears
from db.unavailable import DatabaseUnavailable, OutcomeUnknown, SessionLost
from db.work import current_work
from spans.attribution import attributed
from spans.part import Kind, Part


class _Transacting(Connection):
    """`async with`: leaving commits, an exception rolls back."""

    __slots__ = ()

    _begin = "BEGIN"

    async def __aenter__(self) -> Self:
        await self._take()
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
                # The server rolls back where the connection is lost.
                with suppress(DatabaseUnavailable):
                    await self._command("transaction.rollback", "ROLLBACK")
        finally:
            self._end()

    async def _commit(self) -> None:
        await self._command("transaction.commit", "COMMIT")

    def _may_repeat(self, _statement: Statement, lost: DatabaseUnavailable) -> bool:
        """Nothing was done as long as no statement was answered: all can begin again."""
        return isinstance(lost, SessionLost) and not self._has_answer

    def _note_write(self) -> None:
        """What is written counts when it is committed."""

    async def _replace(self, lost: DatabaseUnavailable) -> None:
        await super()._replace(lost)
        await self._command("transaction.begin", self._begin)

    async def _begin_somewhere(self) -> None:
        try:
            await self._command("transaction.begin", self._begin)
        except SessionLost as lost:
            await self._replace(lost)

    def _end(self) -> None:
        """Give the session back; one whose transaction may not be over is closed."""
        driver = self._session.driver
        if not driver.is_closed() and (not self._is_ready or driver.is_in_transaction()):
            driver.terminate()
        self._give_back()

    async def _command(self, name: str, command: str) -> None:
        session, has_answer = self._session, self._has_answer
        session.asked_at = started = perf_counter()
        session.overdue_at = started + self._answer_seconds
        self._is_ready = False
        try:
            await attributed(Part(Kind.DATABASE, name), session.driver.execute(command))
        except BaseException as error:
            lost = self._failed(name, started, error)
            if lost is None:
                raise
            raise lost from error
        self._report(name, started, 0, current_work())
        self._has_answer = has_answer


class Transaction(_Transacting):
    """A connection inside a transaction, with work to do once it is committed."""

    __slots__ = ("_after_commit", "_if_unknown")

    def __init__(
        self, pool: Pool, observe: Observer | None, patience_seconds: float, answer_seconds: float
    ) -> None:
        super().__init__(pool, observe, patience_seconds, answer_seconds)
        self._after_commit: list[Callable[[], Awaitable[None]]] = []
        self._if_unknown: list[Callable[[], Awaitable[None]]] = []

    def after_commit(self, work: Callable[[], Awaitable[None]]) -> None:
        """Call `work` when the transaction has been committed, and otherwise not."""
        self._after_commit.append(work)

    def if_unknown(self, work: Callable[[], Awaitable[None]]) -> None:
        """Call `work` where nobody knows whether the transaction has been committed."""
        self._if_unknown.append(work)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await super().__aexit__(kind, error, traceback)
        except (OutcomeUnknown, CancelledError):
            for work in self._if_unknown:
                await work()
            raise
        if kind is None:
            for work in self._after_commit:
                await work()

    async def _commit(self) -> None:
        """Commit; raises `OutcomeUnknown` where that was asked for and not answered."""
        if self._session.is_closed():
            raise SessionLost("the connection was lost before the commit", was_refused=True)
        work = current_work()
        had_changed = work is not None and work.has_changed
        if work is not None:
            work.has_changed = True
        try:
            await super()._commit()
        except DatabaseUnavailable as error:
            if not self._session.is_closed():
                # The server has refused it, and goes on: nothing was changed.
                if work is not None:
                    work.has_changed = had_changed
                raise
            raise OutcomeUnknown(str(error)) from error.__cause__


class Snapshot(_Transacting):
    """A connection that sees the database as it was at its first statement, and changes nothing."""

    __slots__ = ()

    _begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    # Any: as for `fetch`.
    async def rows(self, statement: Statement, **values: Any) -> AsyncIterator[asyncpg.Record]:
        """Run `statement` and give its rows as they come, however many: a few are held at once.

        Raises `DatabaseUnavailable`. Its time is that until the last row.
        """
        work = current_work()
        sql = statement.sql if work is None else noted(statement, work)
        arguments = statement.arguments(values)
        count, started = 0, perf_counter()
        rows = self._session.rows(sql, arguments)
        try:
            while (row := await attributed(statement.part, self._next(rows))) is not None:
                count += 1
                yield row
        except (Exception, CancelledError) as error:
            lost = self._failed(statement.name, started, error)
            if lost is None:
                raise
            raise lost from error
        self._report(statement.name, started, count, work)
        hears = who_hears()
        if hears is not None:
            trace(hears, self._session.driver, statement, arguments, count, ())

    async def _next(self, rows: AsyncIterator[asyncpg.Record]) -> asyncpg.Record | None:
        """The next row, waited for as long as for any answer; None after the last."""
        session = self._session
        session.asked_at = perf_counter()
        session.overdue_at = session.asked_at + self._answer_seconds
        row = await anext(rows, None)
        session.overdue_at = inf
        session.heard_at = perf_counter()
        return row
