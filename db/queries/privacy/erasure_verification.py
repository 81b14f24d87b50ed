"""Statements that search all tables for anything that still identifies an erased person."""

from sqlalchemy import Text, func, select
from sqlalchemy import column as named
from sqlalchemy import table as relation

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
_catalogue = relation(
    "columns",
    named("table_schema", Text),
    named("table_name", Text),
    named("column_name", Text),
    schema="information_schema",
)
_CATALOGUE = Statement(
    "privacy.catalogue",
    select(_catalogue.c.table_name, _catalogue.c.column_name).where(
        _catalogue.c.table_schema == func.current_schema()
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
