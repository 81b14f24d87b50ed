"""Fill a database with the gate's data: far more rows than any document may read."""

from pathlib import Path

import asyncpg

from db.tables.lookups import LOOKUPS, filling_statement

_CROWD, _CALLERS = (Path(__file__).with_name(name) for name in ("crowd.sql", "callers.sql"))


async def fill(url: str) -> None:
    """Fill a migrated, empty database, and update the planner's statistics."""
    connection = await asyncpg.connect(url)
    try:
        # The rows are consistent; checking foreign keys would take as long as writing them.
        await connection.execute("SET session_replication_role = replica")
        for script in (_CROWD, _CALLERS):
            await connection.execute(script.read_text())
        # Triggers, which keep the lookups, do not fire either.
        for lookup in LOOKUPS:
            await connection.execute(filling_statement(lookup))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
