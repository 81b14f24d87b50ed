"""Statements that erase one person in batches, generated from the registry of personal data."""

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
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.personal.vocabulary import ClassifiedTable, Deleted
from db.queries.clauses.expressions import literal_text
from db.queries.privacy.personal_rows import (
    TABLES,
    is_in_next_batch,
    leads_to_person_by,
    replacement_value,
    sql_table,
    with_row_count,
)
from db.statement import Statement, repository_method
from db.states import MessageRole
from db.tables import ChatConversation, ChatMessage, PrivacyErasureCount


@dataclass(frozen=True, slots=True)
class ErasureStep:
    """A statement that erases a batch of rows of one table, and returns their number."""

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
    """A statement for each path to the person on which there is anything to erase."""
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
"""The steps in their order; each is repeated until it erases no more rows."""
LAST_STEPS = _steps(is_erased_last=True)
"""The steps of the transaction that completes the erasure."""
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
    rows = await connection.fetch(step.statement, person=user_id)
    return int(rows[0]["count"])


@repository_method
async def count_erased(connection: Connection, request_id: int, table: str, count: int) -> None:
    """Add to the number of rows of a table that an erasure has erased."""
    await connection.fetch(_COUNT, request_id=request_id, table=table, count=count)
