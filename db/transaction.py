"""Connections in a transaction: how it begins, and how it ends whatever happens inside."""

from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from time import perf_counter
from types import TracebackType
from typing import Any, Self

import asyncpg

from db.connection import Connection, Observer, noted
from db.pool import Pool
from db.statement import Statement
from db.tracing import trace
from db.unavailable import DatabaseUnavailable


class _Transacting(Connection):
    """`async with`: leaving commits, an exception rolls back."""

    __slots__ = ()

    _begin = "BEGIN"

    async def __aenter__(self) -> Self:
        await self._take()
        try:
            await self._command("transaction.begin", self._begin)
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
                await self._command("transaction.commit", "COMMIT")
            else:
                # The server rolls back where the connection is lost.
                with suppress(DatabaseUnavailable):
                    await self._command("transaction.rollback", "ROLLBACK")
        finally:
            self._end()

    def _end(self) -> None:
        """Give the session back; one whose transaction may not be over is closed."""
        driver = self._session.driver
        if not self._is_ready or driver.is_in_transaction():
            driver.terminate()
        self._give_back()

    async def _command(self, name: str, command: str) -> None:
        self._is_ready = False
        started = perf_counter()
        try:
            await self._session.driver.execute(command)
        except BaseException as error:
            self._failed(name, started, error)
            raise
        self._is_ready = True
        self._report(name, started, 0)


class Transaction(_Transacting):
    """A connection inside a transaction, with work to do once it is committed."""

    __slots__ = ("_after_commit",)

    def __init__(self, pool: Pool, observe: Observer | None, patience_seconds: float) -> None:
        super().__init__(pool, observe, patience_seconds)
        self._after_commit: list[Callable[[], Awaitable[None]]] = []

    def after_commit(self, work: Callable[[], Awaitable[None]]) -> None:
        """Call `work` when, and only when, the transaction has been committed."""
        self._after_commit.append(work)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await super().__aexit__(kind, error, traceback)
        if kind is None:
            for work in self._after_commit:
                await work()


class Snapshot(_Transacting):
    """A connection that sees the database as it was at its first statement, and changes nothing."""

    __slots__ = ()

    _begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    # Any: as for `fetch`.
    async def rows(self, statement: Statement, **values: Any) -> AsyncIterator[asyncpg.Record]:
        """Run `statement` and give its rows as they come, however many: a few are held at once.

        Raises `DatabaseUnavailable`. Its time is that until the last row.
        """
        sql, arguments = noted(statement), statement.arguments(values)
        count, started = 0, perf_counter()
        try:
            async for row in self._session.rows(sql, arguments):
                count += 1
                yield row
        except (Exception, CancelledError) as error:
            self._failed(statement.name, started, error)
            raise
        self._report(statement.name, started, count)
        trace(self._session.driver, statement, arguments, count)
