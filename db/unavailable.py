"""What the driver and the operating system raise when the database is away, under one name."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from db.session import PlanOutdated, Session

# Another transaction was given way to, and nothing is left of this one; the session is as good.
_ROLLED_BACK = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
# The server has said so, and has done nothing of what it was asked for.
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
# `OSError` covers `TimeoutError`: the address refuses, is not there, or does not answer in time.
_LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.InternalClientError)
_OF_ALL = (
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCachedStatementError,
    PlanOutdated,
)
# It took too long, or there is no room for it: on the disk, in memory, in a file.
_NOT_AT_PRESENT = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
)


class DatabaseUnavailable(Exception):
    """No connection could be had, or no answer in time; the cause says why. Later may be better.

    A statement that was running may have taken effect or not.
    """


class SessionLost(DatabaseUnavailable):
    """The session or its transaction ended, or is of no use for what was asked; another may do it.

    The server has done nothing of it where it `was_refused`. It `concerns_others` where those that
    are open may be of no use either: after a failover they are read-only, after a migration they
    have plans of the older schema.
    """

    def __init__(self, reason: str, *, was_refused: bool, concerns_others: bool = False) -> None:
        super().__init__(reason)
        self.was_refused = was_refused
        self.concerns_others = concerns_others


class OutcomeUnknown(DatabaseUnavailable):
    """A commit was sent, and no answer came: the transaction has taken effect, or it has not."""


@contextmanager
def connecting() -> Iterator[None]:
    """Raise `DatabaseUnavailable` for whatever keeps a connection from being had."""
    try:
        yield
    except (
        OSError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
    ) as error:
        raise DatabaseUnavailable(_reason(error)) from error


def unavailability(error: BaseException, session: Session) -> DatabaseUnavailable | None:
    """What an error says of the database and of `session`, which is closed if it is of no use.

    None where it is the statement that is wrong: that leaves the session as it is.
    """
    if isinstance(error, _REFUSED):
        if not isinstance(error, _ROLLED_BACK):
            session.driver.terminate()
        reason = _reason(error.__cause__ or error)
        concerns_others = isinstance(error, _OF_ALL)
        return SessionLost(reason, was_refused=True, concerns_others=concerns_others)
    if isinstance(error, _NOT_AT_PRESENT):
        return DatabaseUnavailable(_reason(error))
    if isinstance(error, asyncpg.InterfaceError) and session.is_closed():
        # The driver knew before it sent anything.
        return SessionLost(_reason(error), was_refused=True)
    if isinstance(error, _LOST):
        session.driver.terminate()
        if session.was_silent:
            return DatabaseUnavailable("no answer in time")
        return SessionLost(_reason(error), was_refused=False)
    return None


def _reason(error: BaseException) -> str:
    """The first line: PostgreSQL may quote values in the others."""
    return str(error).partition("\n")[0] or type(error).__name__
