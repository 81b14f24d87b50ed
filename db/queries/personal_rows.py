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
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import JSONB

from db.personal.classes import Author, Becomes, ClassifiedTable, Way
from db.personal.registry import BY_NAME, MIGRATIONS, REGISTRY
from db.tables import Table

PERSON = bindparam("person", type_=BigInteger)
PATTERN = bindparam("pattern", type_=Text)
BATCH = 5_000
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
    """Whether a row leads to the `PERSON`, or the system wrote a text like the `PATTERN` in it."""
    texts = searched_texts(table)
    searched = [func.concat_ws("\n", *texts).regexp_match(PATTERN, flags="i")] if texts else []
    return or_(reaches_person(table), *searched)


def is_nobodys(table: ClassifiedTable) -> ColumnElement[bool]:
    """Whether a row is what an erasure leaves of a person's."""
    declared = sql_table(table)
    owning = (declared.c[way.column].is_(None) for way in table.ways if not way.is_mention)
    replaced = (
        declared.c[one.name] == becoming_value(declared.c[one.name], one.becomes)
        for one in table.columns
        if one.becomes and one.becomes.value is not None
    )
    return and_(true(), *owning, *replaced)


def becoming_value(column: SqlColumn, becomes: Becomes) -> SqlColumn:
    """What stands in a column of a row that was anonymised."""
    if becomes.value is None:
        return null()
    return cast(literal_column(f"'{becomes.value}'"), column.type)


def batch(table: ClassifiedTable, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a row is among the next `BATCH` that meet a condition."""
    key = tuple(sql_table(table).primary_key.columns)
    chosen = select(*key).where(condition).limit(literal_column(str(BATCH)))
    return tuple_(*key).in_(chosen)


# Any: statements that change something have no common type of their own.
def counted(clause: Any) -> Any:
    """The clause as a statement that gives the number of rows."""
    done = clause.returning(literal_column("1").label("one")).cte("done")
    return select(func.count().label("count")).select_from(done)


def searched_texts(table: ClassifiedTable) -> list[SqlColumn]:
    """The texts of a table that the system wrote, without what others said in them."""
    declared = sql_table(table)
    return [
        _without(declared.c[one.name], one.said_by_others)
        for one in table.columns
        if one.author is Author.SYSTEM
    ]


def _without(column: SqlColumn, members: tuple[str, ...]) -> SqlColumn:
    """A column of JSON without some of its members; any other as it is."""
    for member in members:
        column = column.op("-", return_type=JSONB())(literal_column(f"'{member}'", Text))
    return column


def columns_of_words(declared: SqlTable) -> list[str]:
    """The columns that can hold any words, which somebody has chosen.

    Texts and JSON, apart from those that can hold certain words only: what a check lists or gives
    the form of, and the keys of other tables.
    """
    listed = {
        str(check.sqltext).partition(" IN (")[0].partition(" ~ ")[0]
        for check in declared.constraints
        if isinstance(check, CheckConstraint)
    }
    return [
        column.name
        for column in declared.columns
        if _holds_text(column) and not column.foreign_keys and column.name not in listed
    ]


def _holds_text(column: SqlColumn) -> bool:
    kind = column.type.item_type if isinstance(column.type, ARRAY) else column.type
    return isinstance(kind, Text | JSONB)
