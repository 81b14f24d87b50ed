"""Statements that read everything about one person, generated from the registry."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import JSONB

from db.database import Snapshot
from db.queries.privacy.personal_rows import PERSON, TABLES, belongs_to_person, sql_table
from db.row import Row
from db.statement import Statement
from db.tables import ChatConversation, ChatMessage


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """The statement that reads a person's rows of one table; `json_columns` are JSON text."""

    name: str
    statement: Statement
    json_columns: frozenset[str]


def _exported() -> tuple[ExportedTable, ...]:
    found = []
    for table in TABLES:
        declared = sql_table(table)
        columns = [declared.c[one.name] for one in table.exported_columns]
        if columns:
            rows = select(*columns).where(belongs_to_person(table))
            statement = Statement(
                f"privacy.export_{table.name}", rows.order_by(*declared.primary_key.columns)
            )
            json = frozenset(one.name for one in columns if isinstance(one.type, JSONB))
            found.append(ExportedTable(table.name, statement, json))
    return tuple(found)


EXPORTED = _exported()
_CONVERSATIONS = Statement(
    "privacy.export_conversations",
    select(
        ChatConversation.id,
        ChatConversation.title,
        ChatConversation.created_at,
        ChatMessage.branch,
        ChatMessage.role,
        ChatMessage.content,
        ChatMessage.created_at.label("written_at"),
    )
    .outerjoin(
        ChatMessage,
        and_(
            ChatMessage.user_id == ChatConversation.user_id,
            ChatMessage.conversation_id == ChatConversation.id,
        ),
    )
    .where(ChatConversation.user_id == PERSON)
    .order_by(
        ChatConversation.created_at,
        ChatConversation.id,
        ChatMessage.branch,
        ChatMessage.created_at,
        ChatMessage.id,
    ),
)


def rows(snapshot: Snapshot, table: ExportedTable, user_id: int) -> AsyncIterator[Row]:
    """Read the person's rows of a table, in the order of its primary key."""
    return snapshot.rows(table.statement, person=user_id)


def conversations(snapshot: Snapshot, user_id: int) -> AsyncIterator[Row]:
    """Read the person's messages with their conversations, both oldest first; branch by branch.

    A conversation without messages has one row, in which `role` is null.
    """
    return snapshot.rows(_CONVERSATIONS, person=user_id)
