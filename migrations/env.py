"""What Alembic runs: our tables against the database whose URL it was given."""

import asyncio

import asyncpg
from alembic import context
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from db.migrating import migration_lock
from db.tables import Table


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
    """Migrate while no other process does."""
    async with migration_lock(url):
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: asyncpg.connect(url),
            poolclass=pool.NullPool,
        )
        async with engine.connect() as connection:
            await connection.run_sync(run)
        await engine.dispose()


asyncio.run(migrate_alone(context.config.attributes["url"]))
