"""What the database or the machine refuses, said in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import click
from sqlalchemy.exc import DBAPIError

from db.unavailable import DatabaseUnavailable


@contextmanager
def failing_with(what: str) -> Iterator[None]:
    """Fail the command with `what`, and why, when the database cannot be used inside."""
    try:
        yield
    except DBAPIError as error:
        raise click.ClickException(f"{what}: {_reason(error.orig)}") from error
    except (
        DatabaseUnavailable,
        OSError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
    ) as error:
        raise click.ClickException(f"{what}: {_reason(error)}") from error


def _reason(error: BaseException | None) -> str:
    """The first line: PostgreSQL may quote values in the others."""
    return str(error).partition("\n")[0]
