"""Instants that are only to be shown: as PostgreSQL writes them, which nobody reads here."""

from typing import Any

from sqlalchemy import ColumnElement, func, literal_column

_UTC: ColumnElement[str] = literal_column("'UTC'")


# Any: a column that may be null or not.
def shown(column: Any) -> ColumnElement[str]:
    """The instant in UTC as a JSON string without an offset, under the column's name.

    `"2026-11-30T08:05:00.25"`, with as many digits of a second as there are, quotes included; it
    depends on no setting of the session.
    """
    return func.to_json(func.timezone(_UTC, column)).label(column.key)
