"""Statements about the schema: its revision and indexes, and whether it can be written to."""

import asyncpg
from sqlalchemy import ARRAY, Text, bindparam, column, select, table, text

from db.database import Connection
from db.row import Row
from db.statement import Statement, repository_method

_REVISION = Statement(
    "schema.revision", select(column("version_num")).select_from(table("alembic_version"))
)
_LOCK_NOBODY = Statement("schema.lock_nobody", text("SELECT FROM users WHERE false FOR KEY SHARE"))
INDEXES = """
SELECT relation.relname AS "table", class.relname AS name, index.indisunique AS is_unique,
  index.indisvalid AND index.indisready AND index.indislive AS is_valid,
  method.amname::text AS method,
  index.indimmediate AND NOT COALESCE((to_jsonb(index) ->> 'indnullsnotdistinct')::bool, false)
    AND NOT EXISTS (SELECT FROM unnest(index.indclass::oid[]) AS used
      JOIN pg_opclass AS operators ON operators.oid = used WHERE NOT operators.opcdefault)
    AND NOT EXISTS (
      SELECT FROM unnest(index.indkey::int2[], index.indcollation::oid[]) AS key (number, ordered)
      JOIN pg_attribute AS attribute
        ON attribute.attrelid = index.indrelid AND attribute.attnum = key.number
      WHERE key.ordered <> attribute.attcollation
    ) AS is_plain,
  pg_get_expr(index.indpred, index.indrelid) AS predicate,
  EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid AND contype IN ('p', 'u'))
    AS is_of_constraint,
  ARRAY(SELECT pg_get_indexdef(index.indexrelid, number, true)
    FROM generate_series(1, index.indnkeyatts) AS number ORDER BY number) AS columns,
  index.indoption::int2[] AS options
FROM pg_index AS index
JOIN pg_class AS class ON class.oid = index.indexrelid
JOIN pg_class AS relation ON relation.oid = index.indrelid
JOIN pg_am AS method ON method.oid = class.relam
WHERE relation.relname = ANY (:tables) AND pg_table_is_visible(relation.oid)
"""
"""The indexes of tables, with the columns that `db.schema.indexes` reads."""
_INDEXES = Statement(
    "schema.indexes", text(INDEXES).bindparams(bindparam("tables", type_=ARRAY(Text)))
)


@repository_method
async def revision(connection: Connection) -> str | None:
    """The migration that the database is at; None before the first one."""
    try:
        rows = await connection.fetch(_REVISION)
    except asyncpg.UndefinedTableError:
        return None
    return str(rows[0]["version_num"]) if rows else None


@repository_method
async def check_takes_writes(connection: Connection) -> None:
    """Run a statement that only a writable database accepts, and that writes nothing.

    Raises `DatabaseUnavailable` on a standby, and if transactions are read-only.
    """
    await connection.fetch(_LOCK_NOBODY)


@repository_method
async def indexes(connection: Connection, tables: tuple[str, ...]) -> list[Row]:
    """Every index of the tables."""
    return await connection.fetch(_INDEXES, tables=tables)
