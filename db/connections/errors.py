"""Errors that mean the database is unavailable, whatever the driver or system raised."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import asyncpg

from db.connections.session import PlanOutdated, Session

# The transaction lost against another one and was rolled back; the session can still be used.
_ROLLED_BACK = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
# The server refused the statement and has not run it.
_REFUSED = (
    *_ROLLED_BACK,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DatabaseDroppedError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCachedStatementError,
    PlanOutdated,
)
# `OSError` includes `TimeoutError`: the address refuses, is unknown, or does not answer in time.
_LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.InternalClientError)
_CONCERNS_OTHERS = (
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCachedStatementError,
    PlanOutdated,
)
# The statement took too long, or the server lacks memory or disk space for it.
_OVERLOADED = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
)


class DatabaseUnavailable(Exception):
    """There was no connection or no answer in time; the cause says why. A retry may succeed.

    A statement that was running may or may not have taken effect.
    """


class SessionLost(DatabaseUnavailable):
    """The session or its transaction has ended or cannot run the statement; another one may.

    If it `was_refused`, the server has not run the statement. If it `concerns_others`, the other
    open sessions may be unusable too: after a failover they are read-only, and after a migration
    their prepared statements are outdated.
    """

    def __init__(self, reason: str, *, was_refused: bool, concerns_others: bool = False) -> None:
        super().__init__(reason)
        self.was_refused = was_refused
        self.concerns_others = concerns_others


class OutcomeUnknown(DatabaseUnavailable):
    """A commit was sent and not answered: the transaction may or may not have taken effect."""


StatementFailed: TypeAlias = asyncpg.PostgresError
"""PostgreSQL refused a statement for a fault of the statement, its values or the schema."""
_DRIVER_FAILURES = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
DATABASE_FAILURES = (DatabaseUnavailable, *_DRIVER_FAILURES)
"""All that using the database can raise, with connections of our own or of the driver alone."""


@contextmanager
def translating_errors() -> Iterator[None]:
    """Raise `DatabaseUnavailable` in place of any error in connecting."""
    try:
        yield
    except _DRIVER_FAILURES as error:
        raise DatabaseUnavailable(_reason(error)) from error


def as_unavailable(error: BaseException, session: Session) -> DatabaseUnavailable | None:
    """The `DatabaseUnavailable` that an error means; closes `session` if it cannot be used again.

    None if the statement itself is at fault, which leaves the session usable.
    """
    if isinstance(error, _REFUSED):
        if not isinstance(error, _ROLLED_BACK):
            session.driver.terminate()
        reason = _reason(error.__cause__ or error)
        concerns_others = isinstance(error, _CONCERNS_OTHERS)
        return SessionLost(reason, was_refused=True, concerns_others=concerns_others)
    if isinstance(error, _OVERLOADED):
        return DatabaseUnavailable(_reason(error))
    if isinstance(error, asyncpg.InterfaceError) and session.is_closed():
        # The driver noticed before it sent anything.
        return SessionLost(_reason(error), was_refused=True)
    if isinstance(error, _LOST):
        session.driver.terminate()
        if session.has_timed_out:
            return DatabaseUnavailable("no answer in time")
        return SessionLost(_reason(error), was_refused=False)
    return None


def _reason(error: BaseException) -> str:
    """The first line of the message; PostgreSQL may quote values in the others."""
    return str(error).partition("\n")[0] or type(error).__name__
