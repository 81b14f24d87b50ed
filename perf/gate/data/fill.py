"""Fill a database with the gate's data: far more rows than any document may read."""

from pathlib import Path

import asyncpg

from db.tables.lookups import LOOKUPS, filling_statement

_CROWD, _CALLERS = (Path(__file__).with_name(name) for name in ("crowd.sql", "callers.sql"))


async def fill(url: str) -> None:
    """Fill a migrated, empty database, and update the planner's statistics."""
    await _run(url, _CROWD, _CALLERS)


async def fill_callers(url: str) -> None:
    """As `fill`, with the callers alone: whoever measures other sizes adds everybody else."""
    await _run(url, _CALLERS)


async def _run(url: str, *scripts: Path) -> None:
    connection = await asyncpg.connect(url)
    try:
        # The rows are consistent; checking foreign keys would take as long as writing them.
        await connection.execute("SET session_replication_role = replica")
        for script in scripts:
            await connection.execute(script.read_text())
        # Triggers, which keep the lookups, do not fire either.
        for lookup in LOOKUPS:
            await connection.execute(filling_statement(lookup))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
