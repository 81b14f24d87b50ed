"""What the driver and the operating system raise when the database is away, under one name."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Driver: TypeAlias = asyncpg.Connection[asyncpg.Record]

# `OSError` covers `TimeoutError`: the address refuses, is not there, or does not answer in time.
_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DatabaseDroppedError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)


class DatabaseUnavailable(Exception):
    """No connection could be had, or one was lost; the cause says why, and later may be better.

    A statement that was running, or a commit, may have taken effect or not.
    """


@contextmanager
def connecting() -> Iterator[None]:
    """Raise `DatabaseUnavailable` for whatever keeps a connection from being had."""
    try:
        yield
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnavailable(_reason(error)) from error


def raise_if_lost(error: BaseException, driver: "Driver") -> None:
    """Raise `DatabaseUnavailable` where `driver` is lost; what a statement does wrong passes."""
    if isinstance(error, asyncpg.InternalClientError):
        # The server has ended the session while nobody was asking: the stream cannot be followed
        # any more, and must not be used again.
        driver.terminate()
    is_lost = isinstance(error, (*_LOST, asyncpg.InternalClientError)) or (
        isinstance(error, asyncpg.InterfaceError) and driver.is_closed()
    )
    if is_lost:
        raise DatabaseUnavailable(_reason(error)) from error


def _reason(error: BaseException) -> str:
    """The first line: PostgreSQL may quote values in the others."""
    return str(error).partition("\n")[0] or type(error).__name__
