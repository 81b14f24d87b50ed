"""Statements about titles that a model gives to conversations."""

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    true,
    update,
)

from db.database import Connection
from db.queries.clauses.expressions import literal_text
from db.queries.clauses.idempotent_write import locked_person
from db.row import Row
from db.statement import Statement, repository_method
from db.states import MessageStatus, TitleOrigin
from db.tables import ChatConversation, ChatMessage

_MOST_CHARACTERS: ColumnElement[int] = literal_column("2000")
_IS_OWN = (
    ChatConversation.id == bindparam("conversation_id"),
    ChatConversation.title_origin == literal_text(TitleOrigin.MESSAGE),
)
_first = (
    select(
        ChatMessage.id,
        ChatMessage.role,
        func.left(ChatMessage.content, _MOST_CHARACTERS).label("content"),
    )
    .where(
        ChatMessage.user_id == ChatConversation.user_id,
        ChatMessage.conversation_id == ChatConversation.id,
        ChatMessage.status.in_(
            (literal_text(MessageStatus.COMPLETE), literal_text(MessageStatus.STOPPED))
        ),
        ChatMessage.content != literal_column("''"),
    )
    .order_by(ChatMessage.created_at, ChatMessage.id)
    .limit(literal_column("2"))
    .correlate(ChatConversation)
    .lateral("first")
)
_BEGINNING = Statement(
    "titles.beginning",
    select(_first.c.id, _first.c.role, _first.c.content)
    .select_from(ChatConversation)
    .join(_first, true())
    .where(*_IS_OWN, ChatConversation.user_id == bindparam("user_id")),
)
_person = locked_person()
_given = bindparam("given", type_=Text)
_IS_THERE = exists(
    select(literal_column("1")).where(
        ChatMessage.user_id == bindparam("user_id"),
        ChatMessage.id == bindparam("message_id", type_=BigInteger),
    )
)
_GIVE = Statement(
    "titles.give",
    update(ChatConversation)
    .where(*_IS_OWN, ChatConversation.user_id == _person.c.id, _IS_THERE)
    .values(
        title=func.coalesce(_given, ChatConversation.title),
        title_origin=literal_text(TitleOrigin.MODEL),
    )
    .returning(ChatConversation.id),
)
_RENEW = Statement(
    "titles.renew",
    update(ChatConversation)
    .where(
        ChatConversation.user_id == bindparam("of_user"),
        ChatConversation.id == bindparam("conversation_id"),
        ChatConversation.title_origin != literal_text(TitleOrigin.PERSON),
    )
    .values(
        title=bindparam("new_title", type_=Text), title_origin=literal_text(TitleOrigin.MESSAGE)
    ),
)
_HOLD_PERSON = Statement("titles.hold_person", select(_person.c.id))


@repository_method
async def beginning(connection: Connection, user_id: int, conversation_id: int) -> list[Row]:
    """`(id, role, content)` of the first two messages of a conversation, of each the beginning.

    None of them unless its title is the start of a message.
    """
    return await connection.fetch(_BEGINNING, user_id=user_id, conversation_id=conversation_id)


@repository_method
async def give(
    connection: Connection,
    user_id: int,
    conversation_id: int,
    title: str | None,
    *,
    message_id: int,
) -> bool:
    """Give a conversation a title, or none, if its title is still the start of a message.

    Not if the message has been deleted that it was made of; the conversation is locked before.
    """
    rows = await connection.fetch(
        _GIVE,
        user_id=user_id,
        conversation_id=conversation_id,
        given=title,
        message_id=message_id,
    )
    return bool(rows)


@repository_method
async def renew(connection: Connection, user_id: int, conversation_id: int, title: str) -> None:
    """Let a conversation have the start of a message as its title, unless a person gave it one."""
    await connection.fetch(
        _RENEW, of_user=user_id, conversation_id=conversation_id, new_title=title
    )


@repository_method
async def hold_person(connection: Connection, user_id: int) -> bool:
    """Lock a person against erasure until the transaction ends; false if there is none."""
    return bool(await connection.fetch(_HOLD_PERSON, user_id=user_id))
