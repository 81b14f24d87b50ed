"""Statements that search all tables for anything that still identifies an erased person."""

from sqlalchemy import func, select, text

from db.database import Connection
from db.queries.privacy.personal_rows import TABLES, identifies_person, sql_table
from db.statement import Statement, repository_method

_SEARCHES = tuple(
    (
        table.name,
        Statement(
            f"privacy.search_{table.name}",
            select(func.count().label("count"))
            .select_from(sql_table(table))
            .where(identifies_person(table)),
        ),
    )
    for table in TABLES
)
_CATALOGUE = Statement(
    "privacy.catalogue",
    text(
        "SELECT relname AS table_name, attname AS column_name FROM pg_class "
        "JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped "
        # The partitions of a table are as it is.
        "WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') "
        "AND NOT relispartition"
    ),
)


@repository_method
async def remaining(connection: Connection, user_id: int, pattern: str) -> dict[str, int]:
    """The number of rows, by table, that refer to the person or contain text matching `pattern`.

    `pattern` is a case-insensitive PostgreSQL regular expression. Scans the whole of every table
    with text that the system wrote.
    """
    found = {}
    for name, search in _SEARCHES:
        rows = await connection.fetch(search, person=user_id, pattern=pattern)
        if rows[0]["count"]:
            found[name] = int(rows[0]["count"])
    return found


@repository_method
async def catalogue(connection: Connection) -> list[tuple[str, str]]:
    """Every column of the database, as `(table, column)`."""
    rows = await connection.fetch(_CATALOGUE)
    return [(row["table_name"], row["column_name"]) for row in rows]
