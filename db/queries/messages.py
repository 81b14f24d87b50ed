"""Statements about messages."""

from collections.abc import Sequence

from asyncpg import Record
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select

from db.database import Connection
from db.queries.keyset import KeysetQuery
from db.statement import Statement
from db.tables import ChatConversation, ChatMessage

_COLUMNS = (
    ChatMessage.id,
    ChatMessage.conversation_id,
    ChatMessage.role,
    ChatMessage.status,
    ChatMessage.content,
    ChatMessage.created_at,
    ChatMessage.model,
    ChatMessage.attempts,
    ChatMessage.prompt_tokens,
    ChatMessage.completion_tokens,
    ChatMessage.latency_ms,
)
PAGE_BY_CONVERSATION = KeysetQuery(
    "messages.page_by_conversation",
    columns=_COLUMNS,
    parent=ChatMessage.conversation_id,
    at=ChatMessage.created_at,
    identity=ChatMessage.id,
    is_newest_first=False,
)
"""The oldest first."""
_BY_ID = Statement(
    "messages.by_id",
    select(*_COLUMNS)
    .join(ChatConversation, ChatConversation.id == ChatMessage.conversation_id)
    .where(
        ChatMessage.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        ChatConversation.user_id == bindparam("user_id"),
    ),
)
_COUNT = Statement(
    "messages.count_by_conversation",
    select(ChatMessage.conversation_id, func.count().label("count"))
    .where(
        ChatMessage.conversation_id == any_(bindparam("conversation_ids", type_=ARRAY(BigInteger)))
    )
    .group_by(ChatMessage.conversation_id),
)


async def by_id(connection: Connection, ids: Sequence[int], user_id: int) -> list[Record]:
    """Those of the messages `ids` that stand in a conversation of `user_id`."""
    return await connection.fetch(_BY_ID, ids=ids, user_id=user_id)


async def count_by_conversation(
    connection: Connection, conversation_ids: Sequence[int]
) -> list[Record]:
    """`(conversation_id, count)` for each conversation that has a message."""
    return await connection.fetch(_COUNT, conversation_ids=conversation_ids)
