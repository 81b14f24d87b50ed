"""Statements about conversations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    any_,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
    true,
    update,
)

from db.database import Connection
from db.page import Filter
from db.queries.clauses.expressions import json_columns, literal_text
from db.queries.clauses.keyset_query import KeysetQuery
from db.row import Row
from db.statement import Statement, repository_method
from db.states import ConversationStatus, TitleOrigin
from db.tables import ChatConversation, ChatConversationTag, ChatMessage

COLUMNS = json_columns(ChatConversation, without={"user_id", "shown_branch", "title_origin"})
FILTERS: Mapping[str, ColumnElement[bool]] = {
    "status": ChatConversation.status == bindparam("status"),
    # Without a value, so that the partial index of the few that are pinned can serve.
    "is_pinned": ChatConversation.is_pinned.expression,
    "is_not_pinned": ~ChatConversation.is_pinned,
}
PAGE_BY_USER = KeysetQuery(
    "conversations.page_by_user",
    columns=COLUMNS,
    parent=ChatConversation.user_id,
    at=ChatConversation.updated_at,
    identity=ChatConversation.id,
    is_newest_first=True,
    filters=FILTERS,
)
"""The last changed first."""
HAS_TAG: Sequence[ColumnElement[bool]] = (
    ChatConversationTag.user_id == ChatConversation.user_id,
    ChatConversationTag.conversation_id == ChatConversation.id,
    ChatConversationTag.tag == bindparam("tag"),
)
"""The conditions of the filter `tag`, which need the table of tags."""
_asked = (
    func.unnest(bindparam("ids", type_=ARRAY(BigInteger)))
    .table_valued(column("id", BigInteger), name="asked")
    .render_derived()
)
# Each by its key, which the limit holds the planner to: for all ids at once it would read all
# that an average person has, and there are people with fifty thousand.
_found = (
    select(*COLUMNS)
    .where(
        ChatConversation.id == _asked.c.id,
        ChatConversation.user_id == bindparam("user_id", type_=BigInteger),
    )
    .correlate(_asked)
    .limit(literal_column("1"))
    .lateral("found")
)
_BY_ID = Statement("conversations.by_id", select(_found).select_from(_asked.join(_found, true())))


@cache
def _count(filters: tuple[str, ...]) -> Statement:
    conditions = [FILTERS[name] for name in filters if name in FILTERS]
    if "tag" in filters:
        conditions += HAS_TAG
    return Statement(
        "conversations.count_by_user",
        select(ChatConversation.user_id, func.count().label("count"))
        .where(
            ChatConversation.user_id == any_(bindparam("user_ids", type_=ARRAY(BigInteger))),
            *conditions,
        )
        .group_by(ChatConversation.user_id),
    )


_INSERT = Statement(
    "conversations.insert",
    insert(ChatConversation)
    .values(
        user_id=bindparam("user_id"),
        title=bindparam("title"),
        title_origin=literal_text(TitleOrigin.MESSAGE),
        created_at=bindparam("now"),
        updated_at=bindparam("now"),
    )
    .returning(ChatConversation.id),
)
_OWN = (
    ChatConversation.id == bindparam("conversation_id"),
    ChatConversation.user_id == bindparam("of_user"),
)
_OPENED = (
    update(ChatConversation)
    .values(
        status=literal_text(ConversationStatus.ACTIVE),
        updated_at=func.greatest(
            bindparam("now", type_=ChatConversation.updated_at.type),
            ChatConversation.updated_at + literal_column("interval '2 microseconds'"),
        ),
    )
    .returning(
        ChatConversation.id,
        ChatConversation.title,
        ChatConversation.updated_at,
        ChatConversation.shown_branch,
    )
)
EXCHANGE_OPENED = _OPENED.where(*_OWN)
_OPEN_EXCHANGE = Statement(
    "conversations.open_exchange",
    _OPENED.where(
        ChatConversation.user_id == bindparam("of_user"),
        ChatConversation.id == ChatMessage.conversation_id,
        ChatMessage.user_id == bindparam("of_user"),
        ChatMessage.id == bindparam("message_id"),
    ),
)
_SET_TITLE = Statement(
    "conversations.set_title",
    update(ChatConversation).where(*_OWN).values(title=bindparam("new_title")),
)


@repository_method
async def by_id(connection: Connection, ids: Sequence[int], user_id: int) -> list[Row]:
    """Those of the conversations `ids` that belong to `user_id`."""
    return await connection.fetch(_BY_ID, ids=ids, user_id=user_id)


@repository_method
async def count_by_user(
    connection: Connection, user_ids: Sequence[int], filter_: Filter | None
) -> list[Row]:
    """`(user_id, count)` for each user who has a conversation that passes the filter."""
    values = dict(filter_ or ())
    return await connection.fetch(_count(tuple(values)), user_ids=user_ids, **values)


@repository_method
async def insert_conversation(
    connection: Connection, user_id: int, title: str, now: datetime
) -> int:
    """Add an active conversation, whose title no person gave, and give its id."""
    rows = await connection.fetch(_INSERT, user_id=user_id, title=title, now=now)
    return int(rows[0]["id"])


@repository_method
async def open_exchange(
    connection: Connection, message_id: int, user_id: int, now: datetime
) -> Row | None:
    """Advance `updated_at` of a message's conversation for an exchange; returns its `id`, too.

    It and the microsecond before it are later than any message's. The row stays locked, which
    serializes the exchanges of a conversation. None if the message is not the user's.
    """
    rows = await connection.fetch(_OPEN_EXCHANGE, message_id=message_id, of_user=user_id, now=now)
    return rows[0] if rows else None


@repository_method
async def set_title(connection: Connection, conversation_id: int, user_id: int, title: str) -> None:
    """Give a conversation of the user's a title."""
    await connection.fetch(
        _SET_TITLE, conversation_id=conversation_id, of_user=user_id, new_title=title
    )
