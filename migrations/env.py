"""What Alembic runs: our tables against the database whose URL it was given."""

import asyncio

import asyncpg
from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from db.tables import Table

_LOCK = 0x6775_6964  # "guid"
_LOCK_POLL_SECONDS = 0.1


def run(connection: Connection) -> None:
    """Run the wanted migrations on `connection`, each in a transaction of its own."""
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        transaction_per_migration=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def migrate_alone(url: str) -> None:
    """Migrate while holding the lock that keeps other migrating processes out.

    The lock is polled: a session that waits in PostgreSQL for it would itself be waited for by
    CREATE INDEX CONCURRENTLY.
    """
    guard = await asyncpg.connect(url)
    try:
        while not await guard.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110 - another process holds it
            await asyncio.sleep(_LOCK_POLL_SECONDS)
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: asyncpg.connect(url),
            poolclass=pool.NullPool,
        )
        async with engine.connect() as connection:
            await connection.run_sync(run)
        await engine.dispose()
    finally:
        await guard.close()


asyncio.run(migrate_alone(context.config.attributes["url"]))
