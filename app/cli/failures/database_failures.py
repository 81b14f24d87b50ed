"""Reports failures of the database in one line."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import DBAPIError

from db.connections.errors import DATABASE_FAILURES


@contextmanager
def reporting_database_failures(what: str) -> Iterator[None]:
    """Fail the command with `what` and the reason, if the block cannot use the database."""
    try:
        yield
    except DBAPIError as error:
        raise click.ClickException(f"{what}: {_reason(error.orig)}") from error
    except DATABASE_FAILURES as error:
        raise click.ClickException(f"{what}: {_reason(error)}") from error


def _reason(error: BaseException | None) -> str:
    """The first line of the message: PostgreSQL may quote values in the others."""
    said = str(error).partition("\n")[0]
    if isinstance(error, TimeoutError):
        return said or "no answer came in time"
    return said or type(error).__name__
