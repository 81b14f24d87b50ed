"""Whether the database can serve: reachable, at our revision, writable, with its indexes."""

import asyncio

from db.connections.errors import DatabaseUnavailable, SessionLost, StatementFailed
from db.database import Database
from db.queries import schema
from db.schema.indexes import existing_index, index_differences
from db.tables import Table

_TIMEOUT_SECONDS = 2
_TABLES = tuple(Table.metadata.tables)


async def readiness(database: Database, needed_revision: str) -> str:
    """`ok`, or why not: unreachable, another revision, read-only, or indexes that differ."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS), database.read_primary() as connection:
            revision = await schema.revision(connection)
            if revision != needed_revision:
                return f"at revision {revision}, not {needed_revision}: run `guidance db migrate`"
            await schema.check_takes_writes(connection)
            rows = await schema.indexes(connection, _TABLES)
    except SessionLost as lost:
        return "takes no writes" if lost.concerns_others else "unreachable"
    except (TimeoutError, DatabaseUnavailable, StatementFailed):
        return "unreachable"
    different = ", ".join(map(str, index_differences([existing_index(row) for row in rows])))
    return f"{different}: run `guidance db migrate`" if different else "ok"
