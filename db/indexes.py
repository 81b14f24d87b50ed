"""The indexes that the code relies on, as the tables declare them, against what is in a database.

An index of any name serves that has the columns in their order, the uniqueness and the predicate;
what else there is belongs to the operator.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Column, Index, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy import Table as CoreTable
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ColumnElement, UnaryExpression

from db.tables import Table

_DESCENDING, _NULLS_FIRST = 1, 2
_TOKEN = re.compile(r"'(?:[^']|'')*'|\w+|<>|[<>]=|[^\s\w]")
_CAST = re.compile(r"::\s*(?:character varying|\w+)(?:\[\])?")


@dataclass(frozen=True, slots=True)
class Shape:
    """What an index is used for: its table, its keys, and the rows that it has.

    A key is a column with the bits of `pg_index.indoption`: 1 for descending, 2 for nulls first.
    One that is plain has the operators and collations of its columns, tells nulls apart, and is
    checked at once.
    """

    table: str
    keys: tuple[tuple[str, int], ...]
    is_unique: bool
    predicate: str
    is_plain: bool = True


@dataclass(frozen=True, slots=True)
class Declared:
    """An index of the tables; `constraint` is the kind of the constraint that it belongs to."""

    name: str
    shape: Shape
    constraint: str | None = None
    condition: str = ""
    """The predicate as it is declared."""


@dataclass(frozen=True, slots=True)
class Found:
    """An index of the database; one that is not valid serves nothing."""

    name: str
    shape: Shape
    is_valid: bool
    is_of_constraint: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A declared index that the database cannot use, and what has its name there, if anything."""

    declared: Declared
    found: Found | None

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.declared.name} is missing"
        if self.found.shape == self.declared.shape:
            return f"{self.declared.name} is not valid"
        return f"{self.declared.name} is another than declared"


@cache
def declared_indexes() -> tuple[Declared, ...]:
    """Every index that the tables declare, those of their constraints among them."""
    return tuple(one for table in Table.metadata.sorted_tables for one in _of_table(table))


def found_index(row: asyncpg.Record) -> Found:
    """An index as `db.queries.schema.indexes` gives it."""
    keys = tuple(zip(row["columns"], row["options"], strict=True))
    predicate = canonical(row["predicate"] or "")
    shape = Shape(row["table"], keys, row["is_unique"], predicate, row["is_plain"])
    return Found(row["name"], shape, row["is_valid"], row["is_of_constraint"])


def differences(found: Sequence[Found]) -> tuple[Difference, ...]:
    """The declared indexes that none of the `found` ones stands for."""
    serving = {one.shape for one in found if one.is_valid}
    named = {(one.shape.table, one.name): one for one in found}
    return tuple(
        Difference(one, named.get((one.shape.table, one.name)))
        for one in declared_indexes()
        if one.shape not in serving
    )


@lru_cache(maxsize=1_000)
def canonical(predicate: str) -> str:
    """A predicate in one spelling: PostgreSQL stores it with casts, brackets and lists of its own.

    Brackets are left out, so that it tells apart what our own predicates are made of, not more.
    """
    listed = re.sub(r"= ANY \(+ARRAY\[([^\]]*)\]\)*", r"IN (\1)", _CAST.sub("", predicate))
    tokens = _TOKEN.findall(listed)
    return " ".join(one for one in tokens if one not in "()")


def _of_table(table: CoreTable) -> Iterator[Declared]:
    for constraint in table.constraints:
        if isinstance(constraint, (PrimaryKeyConstraint, UniqueConstraint)):
            keys = tuple((column.name, 0) for column in constraint.columns)
            kind = "PRIMARY KEY" if isinstance(constraint, PrimaryKeyConstraint) else "UNIQUE"
            yield Declared(
                str(constraint.name), Shape(table.name, keys, is_unique=True, predicate=""), kind
            )
    for index in table.indexes:
        condition = _condition(index)
        keys = tuple(_key(one) for one in index.expressions)
        shape = Shape(table.name, keys, index.unique, canonical(condition))
        yield Declared(str(index.name), shape, condition=condition)


def _condition(index: Index) -> str:
    declared = index.dialect_options["postgresql"]["where"]
    return "" if declared is None else str(declared)


# Any: of whatever type.
def _key(expression: "ColumnElement[Any] | str") -> tuple[str, int]:
    """A column and its options; PostgreSQL has nulls first where it descends."""
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
