"""Statements that change a person's conversations; most are a whole mutation."""

from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, delete, insert, select, update

from db.database import Connection
from db.queries.chat.conversations import COLUMNS
from db.queries.chat.reply_generations import ENDED
from db.queries.clauses.expressions import literal_text
from db.queries.clauses.idempotent_write import claimed_key, locked_person, next_id, result_for
from db.row import Row
from db.statement import Statement, repository_method
from db.states import TitleOrigin
from db.tables import ChatConversation, ReplyGeneration


def _start() -> Statement:
    person = locked_person()
    claim = claimed_key(person, conversation=next_id(ChatConversation))
    now = bindparam("now", type_=ChatConversation.created_at.type)
    texts = (bindparam("title", type_=Text), bindparam("title_origin", type_=Text))
    new = select(claim.c.conversation, bindparam("user_id"), *texts, now, now)
    started = (
        insert(ChatConversation)
        .from_select(["id", "user_id", "title", "title_origin", "created_at", "updated_at"], new)
        .returning(*COLUMNS)
        .cte("started")
    )
    return Statement("conversations.start", result_for(person, started))


def _change(name: str, column: str, **others: ColumnElement[str]) -> Statement:
    """A statement that sets the column to the value bound to `new`, and others with it."""
    person = locked_person()
    changed = (
        update(ChatConversation)
        .where(
            ChatConversation.id == bindparam("conversation_id"),
            # Twice: PostgreSQL chooses the partition by a parameter, and not by what it reads.
            ChatConversation.user_id == bindparam("user_id"),
            ChatConversation.user_id == person.c.id,
        )
        .values(
            {column: bindparam("new", type_=ChatConversation.__table__.c[column].type), **others}
        )
        .returning(*COLUMNS)
        .cte("changed")
    )
    return Statement(name, result_for(person, changed))


def _lock() -> Statement:
    person = locked_person()
    locked = (
        select(ChatConversation.id)
        .join(person, ChatConversation.user_id == person.c.id)
        .where(
            ChatConversation.id == bindparam("conversation_id"),
            ChatConversation.user_id == bindparam("user_id"),
        )
        .with_for_update(of=ChatConversation)
        .cte("locked")
    )
    return Statement("conversations.lock", result_for(person, locked))


def _delete() -> Statement:
    user = bindparam("user_id", type_=BigInteger)
    this = bindparam("conversation_id", type_=BigInteger)
    ended = (
        delete(ReplyGeneration)
        .where(ReplyGeneration.user_id == user, ReplyGeneration.conversation_id == this)
        .returning(*ENDED)
        .cte("ended")
    )
    is_this = ChatConversation.user_id == user, ChatConversation.id == this
    conversation = delete(ChatConversation).where(*is_this).cte("deleted")
    return Statement("conversations.delete", select(*ended.c).add_cte(conversation))


_START = _start()
_RENAME = _change("conversations.rename", "title", title_origin=literal_text(TitleOrigin.PERSON))
_SET_STATUS = _change("conversations.set_status", "status")
_PIN = _change("conversations.pin", "is_pinned")
_LOCK = _lock()
_DELETE = _delete()


@repository_method
async def start(
    connection: Connection,
    user_id: int,
    *,
    title: str,
    title_origin: str,
    now: datetime,
    key: str,
    fingerprint: bytes,
) -> Row | None:
    """Insert an active conversation, once for the key; a row of nulls if the key was used before.

    Like the other statements here, None if there is no such person.
    """
    rows = await connection.fetch(
        _START,
        user_id=user_id,
        title=title,
        title_origin=title_origin,
        now=now,
        key=key,
        fingerprint=fingerprint,
    )
    return rows[0] if rows else None


@repository_method
async def rename(
    connection: Connection, user_id: int, conversation_id: int, title: str
) -> Row | None:
    """Rename a person's conversation, as they wish; a row of nulls if there is none such."""
    rows = await connection.fetch(
        _RENAME, user_id=user_id, conversation_id=conversation_id, new=title
    )
    return rows[0] if rows else None


@repository_method
async def set_status(
    connection: Connection, user_id: int, conversation_id: int, status: str
) -> Row | None:
    """Archive or activate a person's conversation; a row of nulls if there is no such one."""
    rows = await connection.fetch(
        _SET_STATUS, user_id=user_id, conversation_id=conversation_id, new=status
    )
    return rows[0] if rows else None


@repository_method
async def pin(
    connection: Connection, user_id: int, conversation_id: int, *, is_pinned: bool
) -> Row | None:
    """Pin a person's conversation, or no longer; a row of nulls if there is no such one."""
    rows = await connection.fetch(
        _PIN, user_id=user_id, conversation_id=conversation_id, new=is_pinned
    )
    return rows[0] if rows else None


@repository_method
async def lock(connection: Connection, user_id: int, conversation_id: int) -> Row | None:
    """Lock a person and one of their conversations; a row of nulls if there is no such one."""
    rows = await connection.fetch(_LOCK, user_id=user_id, conversation_id=conversation_id)
    return rows[0] if rows else None


@repository_method
async def delete_conversation(
    connection: Connection, user_id: int, conversation_id: int
) -> list[Row]:
    """Delete a locked conversation with its messages, and return its replies being written."""
    return await connection.fetch(_DELETE, user_id=user_id, conversation_id=conversation_id)
