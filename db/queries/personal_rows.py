"""Conditions that the registry of personal data gives: whose a row is, and whom it names."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Text,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import JSONB

from db.personal.classes import ClassifiedTable, Way
from db.personal.registry import BY_NAME, MIGRATIONS, REGISTRY
from db.tables import Table

PERSON = bindparam("person", type_=BigInteger)
PATTERN = bindparam("pattern", type_=Text)
TABLES = tuple(table for table in REGISTRY if table.name != MIGRATIONS)
# Any: a column of any type.
SqlColumn = ColumnElement[Any]


def sql_table(table: ClassifiedTable) -> SqlTable:
    """The table as it is declared."""
    return Table.metadata.tables[table.name]


def reached_by(table: ClassifiedTable, way: Way) -> ColumnElement[bool]:
    """Whether `way` leads from a row to the `PERSON`."""
    declared = sql_table(table)
    column = declared.c[way.column]
    if way.through is None:
        leads: ColumnElement[bool] = column == PERSON
    else:
        parent = BY_NAME[way.through]
        leads = column.in_(select(sql_table(parent).c.id).where(reaches_person(parent)))
    if way.when is None:
        return leads
    kind, values = way.when
    return and_(leads, or_(*(declared.c[kind] == value for value in values)))


def reaches_person(table: ClassifiedTable) -> ColumnElement[bool]:
    """Whether any way leads from a row to the `PERSON`."""
    return or_(false(), *(reached_by(table, way) for way in table.ways))


def belongs_to_person(table: ClassifiedTable) -> ColumnElement[bool]:
    """Whether a row is the `PERSON`'s, or names them and is nobody else's."""
    owning = [way for way in table.ways if not way.is_mention]
    is_nobodys = and_(true(), *(sql_table(table).c[way.column].is_(None) for way in owning))
    return or_(
        false(),
        *(reached_by(table, way) for way in owning),
        *(and_(reached_by(table, way), is_nobodys) for way in table.ways if way.is_mention),
    )


def identifies_person(table: ClassifiedTable) -> ColumnElement[bool]:
    """Whether a row leads to the `PERSON`, or has a text in it like the `PATTERN`."""
    texts = [] if table.is_written_by_people else searched_columns(sql_table(table))
    searched = [func.concat_ws("\n", *texts).regexp_match(PATTERN, flags="i")] if texts else []
    return or_(reaches_person(table), *searched)


def searched_columns(declared: SqlTable) -> list[SqlColumn]:
    """The columns in which a person can be named.

    Texts and JSON, apart from those that can hold certain words only: what a check lists, and the
    keys of other tables.
    """
    listed = {
        str(check.sqltext).partition(" IN (")[0]
        for check in declared.constraints
        if isinstance(check, CheckConstraint)
    }
    return [
        column
        for column in declared.columns
        if _holds_text(column) and not column.foreign_keys and column.name not in listed
    ]


def _holds_text(column: SqlColumn) -> bool:
    kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
    return isinstance(kind, Text | JSONB)
