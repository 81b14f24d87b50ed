"""Whether the database can serve: reachable, at our revision or a later one, with its indexes."""

import asyncio
from collections.abc import Sequence

from db.connections.errors import DatabaseUnavailable, SessionLost, StatementFailed
from db.database import Connection, Database
from db.queries import schema
from db.schema.indexes import existing_index, index_differences
from db.tables import Table

_TIMEOUT_SECONDS = 2
_TABLES = tuple(Table.metadata.tables)


async def readiness(database: Database, revisions: Sequence[str]) -> str:
    """`ok`, or why not: unreachable, an earlier revision, read-only, or indexes that differ.

    `revisions` are those of this version, oldest first. Any other is a later version's, whose
    migrations let this version serve on.
    """
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS), database.read_primary() as connection:
            earlier = await _behind(connection, revisions)
            if earlier is not None:
                return earlier
            await schema.check_takes_writes(connection)
            rows = await schema.indexes(connection, _TABLES)
    except SessionLost as lost:
        return "takes no writes" if lost.concerns_others else "unreachable"
    except (TimeoutError, DatabaseUnavailable, StatementFailed):
        return "unreachable"
    different = ", ".join(map(str, index_differences([existing_index(row) for row in rows])))
    return f"{different}: run `guidance db migrate`" if different else "ok"


async def behind(database: Database, revisions: Sequence[str]) -> str | None:
    """That the database is at an earlier revision; None if it is not, or cannot be asked now."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS), database.read_primary() as connection:
            return await _behind(connection, revisions)
    except (TimeoutError, DatabaseUnavailable, StatementFailed):
        return None


async def _behind(connection: Connection, revisions: Sequence[str]) -> str | None:
    *earlier, head = revisions
    revision = await schema.revision(connection)
    if revision is None:
        return "empty: run `guidance db migrate`"
    if revision in earlier:
        return f"at revision {revision}, not {head}: run `guidance db migrate`"
    return None
