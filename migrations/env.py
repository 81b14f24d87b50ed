"""The Alembic environment: our tables, and the database with the configured URL."""

import asyncio
from typing import Any

import asyncpg
from alembic import context
from sqlalchemy import Connection, event, pool
from sqlalchemy.ext.asyncio import create_async_engine

from db.schema.migration_lock import migration_lock
from db.tables import Table

# Whoever reads or writes a table waits behind a migration that waits for it; `migrate` tries again.
_LIMIT = "lock_timeout"
_BRIEF, _ENDLESS = "SET lock_timeout = '100ms'", "SET lock_timeout = 0"


def run(connection: Connection) -> None:
    """Run the requested migrations on `connection`, each in its own transaction."""
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        transaction_per_migration=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


# Any: the driver's cursor, and what statements take.
def _limit_waits(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
    """Whatever is done concurrently waits for transactions to end, and keeps nobody waiting."""
    limit = _ENDLESS if "CONCURRENTLY" in statement else _BRIEF
    if connection.info.get(_LIMIT) != limit:
        cursor.execute(limit)
        connection.info[_LIMIT] = limit


async def migrate_alone(url: str) -> None:
    """Migrate while holding the migration lock."""
    async with migration_lock(url):
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: asyncpg.connect(url),
            poolclass=pool.NullPool,
        )
        event.listen(engine.sync_engine, "before_cursor_execute", _limit_waits)
        async with engine.connect() as connection:
            await connection.run_sync(run)
        await engine.dispose()


asyncio.run(migrate_alone(context.config.attributes["url"]))
