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
        raise click.ClickException(f"{what}: {error.orig}") from error
    except (
        DatabaseUnavailable,
        OSError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
    ) as error:
        raise click.ClickException(f"{what}: {error}") from error
