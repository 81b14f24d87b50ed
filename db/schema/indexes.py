"""Comparing the indexes that the tables declare with those that a database has.

Any index serves that has the same columns in their order, uniqueness and predicate, whatever its
name. Other indexes are the operator's business.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Column, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy import Table as CoreTable
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ColumnElement, UnaryExpression

from db.row import Row
from db.tables import Table

BTREE = "btree"
_DESCENDING, _NULLS_FIRST = 1, 2
_TOKEN = re.compile(r"'(?:[^']|'')*'|\w+|<>|[<>]=|[^\s\w]")
_CAST = re.compile(r"::\s*(?:character varying|\w+)(?:\[\])?")


@dataclass(frozen=True, slots=True)
class IndexShape:
    """What makes an index usable: its table, keys, predicate and access method.

    A key is a column with the bits of `pg_index.indoption`: 1 for descending, 2 for nulls first.
    A plain index has its columns' default operators and collations, treats nulls as distinct, and
    is not deferrable.
    """

    table: str
    keys: tuple[tuple[str, int], ...]
    is_unique: bool
    predicate: str
    is_plain: bool = True
    method: str = BTREE


@dataclass(frozen=True, slots=True)
class DeclaredIndex:
    """An index that a table declares; `constraint` is the kind of constraint it belongs to."""

    name: str
    shape: IndexShape
    constraint: str | None = None
    condition: str = ""
    """The predicate as it is written in the declaration."""
    storage: str = ""
    """Parameters of the access method, as `CREATE INDEX` takes them."""


@dataclass(frozen=True, slots=True)
class ExistingIndex:
    """An index in the database; one that is not valid cannot be used."""

    name: str
    shape: IndexShape
    is_valid: bool
    is_of_constraint: bool


@dataclass(frozen=True, slots=True)
class IndexDifference:
    """A declared index that the database lacks, and the index that has its name there, if any."""

    declared: DeclaredIndex
    existing: ExistingIndex | None

    def __str__(self) -> str:
        if self.existing is None:
            return f"{self.declared.name} is missing"
        if self.existing.shape == self.declared.shape:
            return f"{self.declared.name} is not valid"
        return f"{self.declared.name} is another than declared"


@cache
def declared_indexes() -> tuple[DeclaredIndex, ...]:
    """Every index that the tables declare, including those of constraints."""
    return tuple(one for table in Table.metadata.sorted_tables for one in _of_table(table))


def existing_index(row: Row) -> ExistingIndex:
    """An index from a row of `db.queries.schema.indexes`."""
    keys = tuple(zip(row["columns"], row["options"], strict=True))
    predicate = canonical(row["predicate"] or "")
    shape = IndexShape(
        row["table"], keys, row["is_unique"], predicate, row["is_plain"], row["method"]
    )
    return ExistingIndex(row["name"], shape, row["is_valid"], row["is_of_constraint"])


def index_differences(existing: Sequence[ExistingIndex]) -> tuple[IndexDifference, ...]:
    """The declared indexes for which there is no equivalent among the `existing` ones."""
    usable = {one.shape for one in existing if one.is_valid}
    by_name = {(one.shape.table, one.name): one for one in existing}
    return tuple(
        IndexDifference(one, by_name.get((one.shape.table, one.name)))
        for one in declared_indexes()
        if one.shape not in usable
    )


@lru_cache(maxsize=1_000)
def canonical(predicate: str) -> str:
    """A predicate in one spelling: PostgreSQL stores it with casts, brackets and arrays of its own.

    Brackets are dropped, so it distinguishes predicates as simple as ours, but not any.
    """
    listed = re.sub(r"= ANY \(+ARRAY\[([^\]]*)\]\)*", r"IN (\1)", _CAST.sub("", predicate))
    tokens = _TOKEN.findall(listed)
    return " ".join(one for one in tokens if one not in "()")


def _of_table(table: CoreTable) -> Iterator[DeclaredIndex]:
    for constraint in table.constraints:
        if isinstance(constraint, (PrimaryKeyConstraint, UniqueConstraint)):
            keys = tuple((column.name, 0) for column in constraint.columns)
            kind = "PRIMARY KEY" if isinstance(constraint, PrimaryKeyConstraint) else "UNIQUE"
            yield DeclaredIndex(
                str(constraint.name),
                IndexShape(table.name, keys, is_unique=True, predicate=""),
                kind,
            )
    for index in table.indexes:
        condition = _condition(index)
        keys = tuple(_index_key(one) for one in index.expressions)
        options = index.dialect_options["postgresql"]
        shape = IndexShape(
            table.name,
            keys,
            index.unique,
            canonical(condition),
            method=options["using"] or BTREE,
        )
        storage = ", ".join(f"{name} = {value}" for name, value in options["with"].items())
        yield DeclaredIndex(str(index.name), shape, condition=condition, storage=storage)


def _condition(index: Index) -> str:
    declared = index.dialect_options["postgresql"]["where"]
    return "" if declared is None else str(declared)


# Any: of whatever type.
def _index_key(expression: "ColumnElement[Any] | str") -> tuple[str, int]:
    """A column and its options; in PostgreSQL a descending order puts nulls first by default."""
    options, given = 0, None
    while isinstance(expression, UnaryExpression):
        if expression.modifier is operators.desc_op:
            options |= _DESCENDING
        elif expression.modifier in {operators.nulls_first_op, operators.nulls_last_op}:
            given = expression.modifier is operators.nulls_first_op
        expression = expression.element
    if options if given is None else given:
        options |= _NULLS_FIRST
    return expression.name if isinstance(expression, Column) else str(expression), options
