"""Statements that erase one person in batches, generated from the registry of personal data."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    and_,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.personal.vocabulary import Archived, ClassifiedTable, Deleted
from db.queries.clauses.expressions import literal_text
from db.queries.privacy.personal_rows import (
    BATCH,
    TABLES,
    is_in_next_batch,
    is_owner,
    leads_to_person_by,
    replacement_value,
    sql_table,
    with_row_count,
)
from db.statement import Statement, repository_method
from db.states import MessageRole
from db.tables import (
    ARCHIVED_ERASURE_COUNTS,
    ChatConversation,
    ChatMessage,
    PrivacyErasureCount,
    Table,
)


@dataclass(frozen=True, slots=True)
class ErasureStep:
    """Statements that erase a batch of rows of one table; the last returns their number.

    What proves the erasure does not count as erased.
    """

    table: str
    statements: tuple[Statement, ...]
    is_counted: bool = True


def _steps(*, is_erased_last: bool) -> tuple[ErasureStep, ...]:
    return tuple(
        step
        for table in TABLES
        if table.is_erased_last == is_erased_last
        for step in _steps_of(table)
    )


def _steps_of(table: ClassifiedTable) -> Iterator[ErasureStep]:
    if isinstance(table.erasure, Archived):
        yield _archival(table, table.erasure)
    for clause in _clauses(table):
        statement = Statement(f"privacy.erase_{table.name}", with_row_count(clause))
        yield ErasureStep(table.name, (statement,))


def _archival(table: ClassifiedTable, erasure: Archived) -> ErasureStep:
    """Copy a batch to the archive, then delete what is there."""
    declared, archive = sql_table(table), Table.metadata.tables[erasure.archive]
    (path,) = (one for one in table.owner_paths if not one.is_mention)
    is_persons = leads_to_person_by(table, path)
    key = [declared.c[one.name] for one in archive.primary_key.columns]
    batch = (
        select(*(_archived_value(table, declared, one.name) for one in archive.columns))
        .where(is_persons)
        .order_by(*key)
        .limit(literal_column(str(BATCH)))
        .with_for_update()
    )
    copied = insert(archive).from_select([one.name for one in archive.columns], batch)
    is_archived: Select[Any] = select(literal_column("1")).where(
        *(one == archive.c[one.name] for one in key)
    )
    moved = delete(declared).where(is_persons, is_archived.exists())
    return ErasureStep(
        table.name,
        (
            Statement(f"privacy.archive_{table.name}", copied.on_conflict_do_nothing()),
            Statement(f"privacy.erase_{table.name}", with_row_count(moved)),
        ),
        is_counted=declared is not PrivacyErasureCount.__table__,
    )


# Any: a column of any type.
def _archived_value(table: ClassifiedTable, declared: SqlTable, name: str) -> ColumnElement[Any]:
    (column,) = (one for one in table.columns if one.name == name)
    if column.replacement is None:
        return declared.c[name]
    return replacement_value(declared.c[name], column.replacement)


# Any: the statements have no common type of their own.
def _clauses(table: ClassifiedTable) -> list[Any]:
    """A statement for each path to the person on which there is anything to erase."""
    declared = sql_table(table)
    replacements = {
        one.name: replacement_value(declared.c[one.name], one.replacement)
        for one in table.columns
        if one.replacement
    }
    clauses: list[Any] = []
    for path in table.owner_paths:
        batch = is_in_next_batch(table, leads_to_person_by(table, path))
        is_next = and_(is_owner(table, path), batch)
        if path.is_mention:
            cut = dict.fromkeys((path.column, *path.authored_columns), null())
            clauses.append(update(declared).where(is_next).values(cut))
        elif isinstance(table.erasure, Deleted):
            clauses.append(delete(declared).where(is_next))
        elif replacements and not isinstance(table.erasure, Archived):
            clauses.append(update(declared).where(is_next).values(replacements))
    return clauses


STEPS = _steps(is_erased_last=False)
"""The steps in their order; each is repeated until it erases no more rows."""
LAST_STEPS = _steps(is_erased_last=True)
"""The steps of the transaction that completes the erasure."""
_VALUES = {
    "request_id": bindparam("request_id", type_=BigInteger),
    "table_name": bindparam("table"),
    "row_count": bindparam("count", type_=BigInteger),
}
_PERSON = {"user_id": bindparam("person", type_=BigInteger)}


# Any: values of every type.
def _count(counts: SqlTable, values: dict[str, Any]) -> Statement:
    add = insert(counts).values(**values)
    return Statement(
        "privacy.count_erased",
        add.on_conflict_do_update(
            index_elements=list(counts.primary_key.columns),
            set_={"row_count": counts.c.row_count + add.excluded.row_count},
        ),
    )


_COUNT = _count(Table.metadata.tables["privacy_erasure_counts"], _PERSON | _VALUES)
_COUNT_ARCHIVED = _count(ARCHIVED_ERASURE_COUNTS, _VALUES)


_CONVERSATIONS = select(ChatConversation.id).where(
    ChatConversation.user_id == bindparam("person", type_=BigInteger)
)
_REPLIES = Statement(
    "privacy.replies",
    select(ChatMessage.id).where(
        ChatMessage.user_id == bindparam("person", type_=BigInteger),
        # With an array the planner can use only the index on each conversation's messages.
        ChatMessage.conversation_id == any_(func.array(_CONVERSATIONS.scalar_subquery())),
        ChatMessage.role == literal_text(MessageRole.ASSISTANT),
        ChatMessage.created_at >= bindparam("since", type_=DateTime(timezone=True)),
    ),
)


@repository_method
async def replies_of(connection: Connection, user_id: int, since: datetime) -> list[int]:
    """The ids of a person's replies since an instant, finished or not."""
    rows = await connection.fetch(_REPLIES, person=user_id, since=since)
    return [int(row["id"]) for row in rows]


@repository_method
async def erase_batch(connection: Connection, step: ErasureStep, user_id: int) -> int:
    """Erase the next batch of a step, and return the number of rows; 0 when none is left."""
    for statement in step.statements:
        rows = await connection.fetch(statement, person=user_id)
    return int(rows[0]["count"])


@repository_method
async def count_erased(
    connection: Connection, user_id: int, request_id: int, table: str, count: int
) -> None:
    """Add to the number of rows of a table that an erasure has erased."""
    await connection.fetch(_COUNT, person=user_id, request_id=request_id, table=table, count=count)


@repository_method
async def count_erased_last(
    connection: Connection, request_id: int, table: str, count: int
) -> None:
    """Add to the number of an erasure whose numbers are archived."""
    await connection.fetch(_COUNT_ARCHIVED, request_id=request_id, table=table, count=count)
