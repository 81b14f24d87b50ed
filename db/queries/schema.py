"""Statements about the schema itself."""

import asyncpg
from sqlalchemy import column, select, table

from db.database import Connection
from db.statement import Statement

_REVISION = Statement(
    "schema.revision", select(column("version_num")).select_from(table("alembic_version"))
)


async def revision(connection: Connection) -> str | None:
    """The migration that the database stands at; None when it has had none."""
    try:
        rows = await connection.fetch(_REVISION)
    except asyncpg.UndefinedTableError:
        return None
    return str(rows[0]["version_num"]) if rows else None
