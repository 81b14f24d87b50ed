"""What the gate runs on: far more rows than any document may read."""

from pathlib import Path

import asyncpg

_CROWD, _CALLERS = (Path(__file__).with_name(name) for name in ("crowd.sql", "callers.sql"))


async def fill(url: str) -> None:
    """Fill a migrated, empty database, and tell the planner."""
    connection = await asyncpg.connect(url)
    try:
        # The rows fit together; checking each of them takes as long as writing them.
        await connection.execute("SET session_replication_role = replica")
        for script in (_CROWD, _CALLERS):
            await connection.execute(script.read_text())
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
