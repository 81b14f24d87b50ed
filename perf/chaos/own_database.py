"""The database of a trial: one of its own in a temporary folder, or an empty one that is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import click

from app.settings import load_settings
from db.embedded import embedded_postgres
from db.schema.migration import migrate


@contextmanager
def own_database() -> Iterator[str]:
    """The URL of DATABASE_URL, or of a PostgreSQL that lives as long as the block."""
    url = load_settings().database_url
    if url is not None:
        yield url
        return
    with (
        TemporaryDirectory(prefix="guidance-chaos-") as folder,
        embedded_postgres(Path(folder), is_durable=False) as own,
    ):
        migrate(own)
        yield own


async def check_is_empty(url: str) -> None:
    """Raise `ClickException` if the database has people."""
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM users)"):
            raise click.ClickException("the database is not empty: it has users")
    finally:
        await connection.close()
