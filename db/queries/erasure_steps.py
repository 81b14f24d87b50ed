"""Erasing one person, a batch of one table at a time, as the registry has it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.personal.classes import ClassifiedTable, Deleted
from db.queries.personal_rows import (
    TABLES,
    is_in_next_batch,
    leads_to_person_by,
    replacement_value,
    sql_table,
    with_row_count,
)
from db.statement import Statement, repository_method
from db.tables import ChatConversation, ChatMessage, PrivacyErasureCount


@dataclass(frozen=True, slots=True)
class ErasureStep:
    """A statement that erases a batch of rows of one table, and gives how many."""

    table: str
    statement: Statement


def _steps(*, is_erased_last: bool) -> tuple[ErasureStep, ...]:
    return tuple(
        ErasureStep(table.name, Statement(f"privacy.erase_{table.name}", with_row_count(clause)))
        for table in TABLES
        if table.is_erased_last == is_erased_last
        for clause in _clauses(table)
    )


# Any: the statements have no common type of their own.
def _clauses(table: ClassifiedTable) -> list[Any]:
    """One for each way that leads to a person; where nothing is to be changed there is none."""
    declared = sql_table(table)
    replacements = {
        one.name: replacement_value(declared.c[one.name], one.replacement)
        for one in table.columns
        if one.replacement
    }
    clauses: list[Any] = []
    for path in table.owner_paths:
        is_next = is_in_next_batch(table, leads_to_person_by(table, path))
        if path.is_mention:
            cut = dict.fromkeys((path.column, *path.authored_columns), null())
            clauses.append(update(declared).where(is_next).values(cut))
        elif isinstance(table.erasure, Deleted):
            clauses.append(delete(declared).where(is_next))
        elif replacements:
            clauses.append(update(declared).where(is_next).values(replacements))
    return clauses


STEPS = _steps(is_erased_last=False)
"""What is done batch by batch, in this order, each until nothing is left to do."""
LAST_STEPS = _steps(is_erased_last=True)
"""What is done in the transaction that completes the erasure."""
_ADD_COUNT = insert(PrivacyErasureCount).values(
    request_id=bindparam("request_id"),
    table_name=bindparam("table"),
    row_count=bindparam("count", type_=BigInteger),
)
_COUNT = Statement(
    "privacy.count_erased",
    _ADD_COUNT.on_conflict_do_update(
        index_elements=[PrivacyErasureCount.request_id, PrivacyErasureCount.table_name],
        set_={"row_count": PrivacyErasureCount.row_count + _ADD_COUNT.excluded.row_count},
    ),
)


_CONVERSATIONS = select(ChatConversation.id).where(
    ChatConversation.user_id == bindparam("person", type_=BigInteger)
)
_REPLIES = Statement(
    "privacy.replies",
    select(ChatMessage.id).where(
        # An array leaves only the index of each conversation's messages to go by.
        ChatMessage.conversation_id == any_(func.array(_CONVERSATIONS.scalar_subquery())),
        ChatMessage.role == literal_column("'assistant'"),
        ChatMessage.created_at >= bindparam("since", type_=DateTime(timezone=True)),
    ),
)


@repository_method
async def replies_of(connection: Connection, user_id: int, since: datetime) -> list[int]:
    """The replies that a person was given since an instant, or is being given."""
    rows = await connection.fetch(_REPLIES, person=user_id, since=since)
    return [int(row["id"]) for row in rows]


@repository_method
async def erase_batch(connection: Connection, step: ErasureStep, user_id: int) -> int:
    """Erase the next rows of a step and give how many; 0 when none is left."""
    rows = await connection.fetch(step.statement, person=user_id)
    return int(rows[0]["count"])


@repository_method
async def count_erased(connection: Connection, request_id: int, table: str, count: int) -> None:
    """Add to what an erasure has done to a table."""
    await connection.fetch(_COUNT, request_id=request_id, table=table, count=count)
