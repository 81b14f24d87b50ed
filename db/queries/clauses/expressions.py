"""Expressions that many statements share: literals, instants as JSON, bound arrays as tables."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Text,
    bindparam,
    column,
    func,
    literal_column,
)
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeEngine

from db.tables import Table


def literal_text(text: str) -> ColumnElement[str]:
    """A text that stands in the SQL itself, for the planner to compare with partial indexes."""
    return literal_column(f"'{text}'", Text)


_UTC = literal_text("UTC")


# Any: a column that may be null or not.
def json_instant(column: Any) -> ColumnElement[str]:
    """The instant in UTC as a JSON string without an offset, under the column's name.

    `"2026-11-30T08:05:00.25"`, quotes included, with as many digits of a second as there are. It
    depends on no setting of the session, and is copied into answers without being parsed.
    """
    return func.to_json(func.timezone(_UTC, column)).label(column.key)


# Any: columns of all types.
def json_columns(table: type[Table], *, without: Collection[str]) -> tuple[ColumnElement[Any], ...]:
    """The columns of a table as its type in the API needs them: instants are `json_instant`."""
    return tuple(
        json_instant(one) if isinstance(one.type, DateTime) else one
        for one in table.__table__.columns
        if one.name not in without
    )


def id_array(parameter: str) -> TableValuedAlias:
    """The bigint array bound to `parameter`, as a table with the one column `id`."""
    ids = func.unnest(bindparam(parameter, type_=ARRAY(BigInteger)))
    return ids.table_valued(column("id", BigInteger), name="parent").render_derived(name="parent")


def array_columns(
    name: str, **columns: type[TypeEngine[Any]] | TypeEngine[Any]
) -> TableValuedAlias:
    """Bound arrays of equal length as a table called `name`; each is bound to its column's name."""
    arrays = [bindparam(one, type_=ARRAY(type_)) for one, type_ in columns.items()]
    names = [column(one, type_) for one, type_ in columns.items()]
    return func.unnest(*arrays).table_valued(*names, name=name).render_derived(name=name)
