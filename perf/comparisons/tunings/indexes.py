"""The indexes of the report, and a database without them."""

import asyncio

import asyncpg

from db.schema.migration import migrate
from perf.comparisons.ab.servers import database_of, run

_BEFORE, _AFTER = "20260220_0018", "20260220_0019"
_SCRATCH = "tunings_scratch"
_INDEXES = "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"


_REPLACED = {
    "ix_chat_messages_conversation_id_created_at_id": (
        "ix_chat_messages_conversation_id_branch_created_at_id"
    )
}


def performance_indexes(server_url: str) -> tuple[str, ...]:
    """The names of the indexes that migration 20260220_0019 adds, or of what replaced them.

    Determined by migrating a temporary, empty database.
    """
    url = database_of(server_url, _SCRATCH)
    asyncio.run(
        run(server_url, f"DROP DATABASE IF EXISTS {_SCRATCH}", f"CREATE DATABASE {_SCRATCH}")
    )
    try:
        migrate(url, revision=_BEFORE)
        before = asyncio.run(_indexes(url))
        migrate(url, revision=_AFTER)
        added = asyncio.run(_indexes(url)) - before
        return tuple(sorted(_REPLACED.get(name, name) for name in added))
    finally:
        asyncio.run(run(server_url, f"DROP DATABASE {_SCRATCH} WITH (FORCE)"))


def drop_indexes(url: str, names: tuple[str, ...]) -> None:
    """Drop the indexes, and update the planner's statistics."""
    asyncio.run(run(url, *(f'DROP INDEX "{name}"' for name in names), "ANALYZE"))


async def _indexes(url: str) -> frozenset[str]:
    connection = await asyncpg.connect(url)
    try:
        return frozenset(row[0] for row in await connection.fetch(_INDEXES))
    finally:
        await connection.close()
