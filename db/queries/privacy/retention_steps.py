"""Statements that delete anonymised rows after their retention, generated from the registry."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Interval,
    Text,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
)

from db.database import Connection
from db.personal.registry import BY_NAME
from db.personal.vocabulary import Anonymised, ClassifiedTable, Kept, Retention
from db.queries.privacy.personal_rows import (
    TABLES,
    is_anonymised,
    is_in_next_batch,
    sql_table,
    with_row_count,
)
from db.statement import Statement, repository_method

_NOW = bindparam("now", type_=DateTime(timezone=True))
_YEAR, _UTC = literal_column("'year'", Text), literal_column("'UTC'", Text)


@dataclass(frozen=True, slots=True)
class RetentionStep:
    """A statement that deletes a batch of rows of one table, and returns their number."""

    table: str
    statement: Statement


def _steps() -> Iterator[RetentionStep]:
    """The steps in the registry's order, where referring tables come before referred ones."""
    for table in TABLES:
        for condition in _expired_conditions(table):
            clause = delete(sql_table(table)).where(is_in_next_batch(table, condition))
            statement = Statement(f"privacy.remove_kept_{table.name}", with_row_count(clause))
            yield RetentionStep(table.name, statement)


def _expired_conditions(table: ClassifiedTable) -> Iterator[ColumnElement[bool]]:
    """Conditions for deletion: the row's own retention is over, or that of the row it refers to."""
    if not isinstance(table.erasure, Anonymised | Kept):
        return
    retention = table.erasure.retention
    if retention is not None:
        yield and_(_is_over(table, retention), *_is_not_referred_to(table))
    elif isinstance(table.erasure, Kept) and table.erasure.refers_to is not None:
        column, name = table.erasure.refers_to
        parent = BY_NAME[name]
        if isinstance(parent.erasure, Kept) and parent.erasure.retention is not None:
            over = select(sql_table(parent).c.id).where(_is_over(parent, parent.erasure.retention))
            yield sql_table(table).c[column].in_(over)


def _is_over(table: ClassifiedTable, retention: Retention) -> ColumnElement[bool]:
    now = func.date_trunc(_YEAR, _NOW, _UTC) if retention.is_from_end_of_year else _NOW
    before = now - literal_column(f"interval '{retention.years} years'", Interval)
    latest = func.greatest(*(sql_table(table).c[name] for name in retention.since))
    return is_anonymised(table) & (latest < before)


def _is_not_referred_to(table: ClassifiedTable) -> Iterator[ColumnElement[bool]]:
    """Conditions that no other row that is kept still refers to the row."""
    for other in TABLES:
        if isinstance(other.erasure, Kept) and other.erasure.refers_to is not None:
            column, name = other.erasure.refers_to
            if name == table.name:
                refers = sql_table(other).c[column] == sql_table(table).c.id
                yield ~select(literal_column("1")).where(refers).exists()


STEPS = tuple(_steps())
"""The steps in their order; each is repeated until it deletes no more rows."""


@repository_method
async def remove_batch(connection: Connection, step: RetentionStep, now: datetime) -> int:
    """Delete the next batch of a step, and return the number of rows; 0 when none is left."""
    rows = await connection.fetch(step.statement, now=now)
    return int(rows[0]["count"])
