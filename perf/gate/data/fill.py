"""Fill a database with the gate's data: far more rows than any document may read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from db.tables.lookups import LOOKUPS, filling_statement

_CROWD, _CALLERS = (Path(__file__).with_name(name) for name in ("crowd.sql", "callers.sql"))
_INDEXES = """SELECT format('%I', made.relname) AS name, pg_get_indexdef(made.oid) AS definition
FROM pg_index JOIN pg_class made ON made.oid = indexrelid
JOIN pg_class indexed ON indexed.oid = indrelid
WHERE indexed.relnamespace = 'public'::regnamespace AND indexed.relkind = 'r'
AND NOT indexed.relispartition
AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = made.oid) ORDER BY made.oid"""
"""Those that `CREATE INDEX` makes: of no constraint, and of no table in parts."""
_NEW_FORM, _DEFAULT_FORM = 2, 1
_FORM = """DO $$ BEGIN
  ALTER TABLE chat_message_searches ALTER COLUMN form SET DEFAULT {form};
EXCEPTION WHEN undefined_column THEN -- The version before has none.
END $$"""


async def fill(url: str) -> None:
    """Fill a migrated, empty database, and update the planner's statistics."""
    connection = await asyncpg.connect(url)
    try:
        async with _without_indexes(connection):
            await _run(connection, _CROWD, _CALLERS)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def fill_callers(url: str) -> None:
    """As `fill`, with the callers alone: whoever measures other sizes adds everybody else."""
    connection = await asyncpg.connect(url)
    try:
        await _run(connection, _CALLERS)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _run(connection: asyncpg.Connection, *scripts: Path) -> None:
    # The rows are consistent; checking foreign keys would take as long as writing them.
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(_FORM.format(form=_NEW_FORM))
    for script in scripts:
        await connection.execute(script.read_text())
    await connection.execute(_FORM.format(form=_DEFAULT_FORM))
    # Triggers, which keep the lookups, do not fire either.
    for lookup in LOOKUPS:
        await connection.execute(filling_statement(lookup))


@asynccontextmanager
async def _without_indexes(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Make indexes of all rows at once, when they are there: row by row takes twice as long."""
    indexes = await connection.fetch(_INDEXES)
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    yield
    for index in indexes:
        await connection.execute(index["definition"])
