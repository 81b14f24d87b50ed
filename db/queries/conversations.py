"""Statements about conversations."""

from collections.abc import Sequence

from asyncpg import Record
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select

from db.database import Connection
from db.queries.keyset import KeysetQuery
from db.statement import Statement
from db.tables import ChatConversation

_COLUMNS = (
    ChatConversation.id,
    ChatConversation.title,
    ChatConversation.status,
    ChatConversation.created_at,
    ChatConversation.updated_at,
)
PAGE_BY_USER = KeysetQuery(
    "conversations.page_by_user",
    columns=_COLUMNS,
    parent=ChatConversation.user_id,
    at=ChatConversation.updated_at,
    identity=ChatConversation.id,
    is_newest_first=True,
    filter_by=ChatConversation.status,
)
"""The last changed first; filtered by status."""
_BY_ID = Statement(
    "conversations.by_id",
    select(*_COLUMNS).where(
        ChatConversation.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        ChatConversation.user_id == bindparam("user_id"),
    ),
)
_OF_USERS = (
    select(ChatConversation.user_id, func.count().label("count"))
    .where(ChatConversation.user_id == any_(bindparam("user_ids", type_=ARRAY(BigInteger))))
    .group_by(ChatConversation.user_id)
)
_COUNT = Statement("conversations.count_by_user", _OF_USERS)
_COUNT_WITH_STATUS = Statement(
    "conversations.count_by_user",
    _OF_USERS.where(ChatConversation.status == bindparam("status")),
)


async def by_id(connection: Connection, ids: Sequence[int], user_id: int) -> list[Record]:
    """Those of the conversations `ids` that belong to `user_id`."""
    return await connection.fetch(_BY_ID, ids=ids, user_id=user_id)


async def count_by_user(
    connection: Connection, user_ids: Sequence[int], status: str | None
) -> list[Record]:
    """`(user_id, count)` for each user who has a conversation, of `status` if one is given."""
    if status is None:
        return await connection.fetch(_COUNT, user_ids=user_ids)
    return await connection.fetch(_COUNT_WITH_STATUS, user_ids=user_ids, status=status)
