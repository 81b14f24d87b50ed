"""Conditions generated from the registry of personal data: whose a row is, and whom it names."""

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

from db.personal.registry import MIGRATIONS, REGISTRY
from db.personal.vocabulary import Author, ClassifiedTable, Kept, OwnerPath, Replacement
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


def leads_to_person_by(table: ClassifiedTable, path: OwnerPath) -> ColumnElement[bool]:
    """Whether `path` leads from a row to the `PERSON`."""
    declared = sql_table(table)
    leads = is_owner(table, path)
    if path.found_by is not None:
        column, parent = path.found_by[0], Table.metadata.tables[path.found_by[1]]
        of_person = select(parent.c.id).where(parent.c[path.column] == PERSON)
        leads = and_(leads, declared.c[column].in_(of_person))
    if path.when is None:
        return leads
    kind, values = path.when
    return and_(leads, or_(*(declared.c[kind] == value for value in values)))


def is_owner(table: ClassifiedTable, path: OwnerPath) -> ColumnElement[bool]:
    """Whether the column of `path` names the `PERSON`."""
    return sql_table(table).c[path.column] == PERSON


def leads_to_person(table: ClassifiedTable) -> ColumnElement[bool]:
    """Whether any way leads from a row to the `PERSON`."""
    return or_(false(), *(leads_to_person_by(table, path) for path in table.owner_paths))


def belongs_to_person(table: ClassifiedTable) -> ColumnElement[bool]:
    """Whether a row is the `PERSON`'s, or mentions them and has no other owner."""
    owning = [path for path in table.owner_paths if not path.is_mention]
    has_no_owner = and_(true(), *(sql_table(table).c[path.column].is_(None) for path in owning))
    return or_(
        false(),
        *(leads_to_person_by(table, path) for path in owning),
        *(
            and_(leads_to_person_by(table, path), has_no_owner)
            for path in table.owner_paths
            if path.is_mention
        ),
    )


def identifies_person(table: ClassifiedTable) -> ColumnElement[bool]:
    """Whether a row leads to the `PERSON`, or has a text by the system that matches `PATTERN`."""
    texts = searched_texts(table)
    searched = [func.concat_ws("\n", *texts).regexp_match(PATTERN, flags="i")] if texts else []
    return or_(leads_to_person(table), *searched)


def is_anonymised(table: ClassifiedTable) -> ColumnElement[bool]:
    """Whether a row was anonymised or archived by an erasure."""
    if isinstance(table.erasure, Kept):
        return true()
    declared = sql_table(table)
    owning = (
        declared.c[path.column].is_(None) for path in table.owner_paths if not path.is_mention
    )
    replaced = (
        declared.c[one.name] == replacement_value(declared.c[one.name], one.replacement)
        for one in table.columns
        if one.replacement and one.replacement.value is not None
    )
    return and_(true(), *owning, *replaced)


def replacement_value(column: SqlColumn, replacement: Replacement) -> SqlColumn:
    """The SQL value that a column gets when its row is anonymised."""
    if replacement.value is None:
        return null()
    return cast(literal_column(f"'{replacement.value}'"), column.type)


def is_in_next_batch(table: ClassifiedTable, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a row is among the next `BATCH` rows that meet a condition."""
    key = tuple(sql_table(table).primary_key.columns)
    chosen = select(*key).where(condition).limit(literal_column(str(BATCH)))
    return tuple_(*key).in_(chosen)


# Any: statements that change something have no common type of their own.
def with_row_count(clause: Any) -> Any:
    """The clause as a statement that returns the number of affected rows."""
    done = clause.returning(literal_column("1").label("one")).cte("done")
    return select(func.count().label("count")).select_from(done)


def searched_texts(table: ClassifiedTable) -> list[SqlColumn]:
    """The text columns of a table that the system wrote, without members that quote others."""
    declared = sql_table(table)
    return [
        _without(declared.c[one.name], one.quoted_members)
        for one in table.columns
        if one.author is Author.SYSTEM
    ]


def _without(column: SqlColumn, members: tuple[str, ...]) -> SqlColumn:
    """A JSON column without `members`; without any, the column as it is."""
    for member in members:
        column = column.op("-", return_type=JSONB())(literal_column(f"'{member}'", Text))
    return column


def free_text_columns(declared: SqlTable) -> list[str]:
    """The columns of a table that can hold free text.

    These are text and JSON columns, except foreign keys and columns whose values a check
    constraint lists or gives a pattern for.
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
