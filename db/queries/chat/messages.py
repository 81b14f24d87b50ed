"""Statements about messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    DateTime,
    Integer,
    Text,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    true,
    update,
)
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.chat.branch_choice import BranchShown
from db.queries.clauses.expressions import json_instant
from db.queries.clauses.keyset_query import KeysetQuery
from db.queries.clauses.model_use import REPLY, TENANT, ReplyUse, recorded
from db.queries.clauses.paths import Place, is_in_range, path_ranges, path_start
from db.queries.clauses.reply_end import END_COLUMNS, ReplyEnd
from db.queries.model_use import PEOPLE
from db.reply_key import ReplyKey
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import ChatMessage

COLUMNS = (
    ChatMessage.id,
    ChatMessage.conversation_id,
    ChatMessage.role,
    ChatMessage.status,
    ChatMessage.content,
    json_instant(ChatMessage.created_at),
    ChatMessage.model,
    ChatMessage.attempts,
    ChatMessage.prompt_tokens,
    ChatMessage.completion_tokens,
    ChatMessage.latency_ms,
)
PAGE_BY_CONVERSATION = KeysetQuery(
    "messages.page_by_conversation",
    columns=COLUMNS,
    parent=ChatMessage.conversation_id,
    at=ChatMessage.created_at,
    identity=ChatMessage.id,
    is_newest_first=False,
    has_one_index=True,
    along=BranchShown(),
    owner=ChatMessage.user_id,
)
"""The oldest first, along the path that is shown, or the one through the message in the filter."""
_BY_ID = Statement(
    "messages.by_id",
    select(*COLUMNS).where(
        ChatMessage.user_id == bindparam("user_id"),
        ChatMessage.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
    ),
)
_COUNT = Statement(
    "messages.count_by_conversation",
    select(ChatMessage.conversation_id, func.count().label("count"))
    .where(
        ChatMessage.user_id == bindparam("user_id"),
        ChatMessage.conversation_id == any_(bindparam("conversation_ids", type_=ARRAY(BigInteger))),
    )
    .group_by(ChatMessage.conversation_id),
)
_IS_REPLY = (ChatMessage.user_id == TENANT, ChatMessage.id == REPLY)


def _path_to() -> Statement:
    # Any: an aliased table.
    last: Any = aliased(ChatMessage, name="last")
    user_id = bindparam("user_id", type_=BigInteger)
    end = Place(last.branch, last.created_at, last.id)
    start = path_start(user_id, last.conversation_id, end).where(
        last.user_id == user_id,
        last.id == bindparam("message_id"),
        last.conversation_id == bindparam("conversation_id"),
    )
    ranges = path_ranges(start, is_backward=True)
    most: BindParameter[int] = bindparam("most")
    columns = (ChatMessage.id, ChatMessage.role, ChatMessage.status, ChatMessage.content)
    own = (
        select(*columns)
        .where(
            ChatMessage.user_id == user_id,
            ChatMessage.conversation_id == bindparam("conversation_id"),
            *is_in_range(ranges),
        )
        .order_by(ChatMessage.created_at.desc(), ChatMessage.id.desc())
        .limit(most)
        .correlate(ranges)
        .lateral("own")
    )
    path = select(*own.c).select_from(ranges.join(own, true())).limit(most)
    return Statement("messages.path_to", path)


_PATH_TO = _path_to()
_END_REPLY = Statement(
    "messages.end_reply",
    update(ChatMessage)
    .add_cte(*PEOPLE.recording)
    .where(*_IS_REPLY)
    .values(
        status=bindparam("new_status"),
        retry_at=bindparam("new_retry_at", type_=DateTime(timezone=True)),
        content=bindparam("new_content"),
        stream_ends=bindparam("new_ends", type_=ARRAY(Integer)),
        **END_COLUMNS,
    ),
)
_ABANDON_REPLY = Statement(
    "messages.abandon_reply",
    update(ChatMessage)
    .where(*_IS_REPLY)
    .values(
        status=bindparam("new_status"),
        failure_reason=bindparam("new_failure_reason", type_=Text),
    )
    .returning((ChatMessage.content != literal_column("''")).label("has_text")),
)
_LEAVE_REPLY = Statement(
    "messages.leave_reply",
    update(ChatMessage)
    .where(*_IS_REPLY)
    .values(
        content=bindparam("new_content"),
        stream_ends=bindparam("new_ends", type_=ARRAY(Integer)),
        attempts=bindparam("made_attempts", type_=Integer),
    ),
)
_STREAM = Statement(
    "messages.stream",
    select(
        *COLUMNS, ChatMessage.failure_reason, ChatMessage.retry_at, ChatMessage.stream_ends
    ).where(
        ChatMessage.user_id == bindparam("user_id"),
        ChatMessage.id == bindparam("message_id"),
    ),
)


@repository_method
async def by_id(connection: Connection, ids: Sequence[int], user_id: int) -> list[Row]:
    """Those of the messages `ids` that are in a conversation of `user_id`."""
    return await connection.fetch(_BY_ID, ids=ids, user_id=user_id)


@repository_method
async def count_by_conversation(
    connection: Connection, conversation_ids: Sequence[int], user_id: int
) -> list[Row]:
    """`(conversation_id, count)` for each conversation of the user's that has a message."""
    return await connection.fetch(_COUNT, conversation_ids=conversation_ids, user_id=user_id)


@repository_method
async def path_to(
    connection: Connection, user_id: int, conversation_id: int, message_id: int, most: int
) -> list[Row]:
    """`(id, role, status, content)` of the end of the path to a message, which comes first."""
    return await connection.fetch(
        _PATH_TO,
        user_id=user_id,
        conversation_id=conversation_id,
        message_id=message_id,
        most=most,
    )


@repository_method
async def end_reply(
    connection: Connection,
    reply: ReplyKey,
    *,
    status: str,
    retry_at: datetime | None,
    content: str,
    stream_ends: Sequence[int],
    end: ReplyEnd,
    use: ReplyUse,
) -> None:
    """Store the final state of a person's reply, and what models took for it."""
    await connection.fetch(
        _END_REPLY,
        **reply._asdict(),
        new_status=status,
        new_retry_at=retry_at,
        new_content=content,
        new_ends=stream_ends,
        **end,
        **recorded(reply, use),
    )


@repository_method
async def abandon_reply(
    connection: Connection, reply: ReplyKey, *, status: str, failure_reason: str | None
) -> bool:
    """End a reply whose writer is gone; returns whether any of its text was stored."""
    rows = await connection.fetch(
        _ABANDON_REPLY, **reply._asdict(), new_status=status, new_failure_reason=failure_reason
    )
    return bool(rows[0]["has_text"])


@repository_method
async def leave_reply(
    connection: Connection,
    reply: ReplyKey,
    *,
    content: str,
    stream_ends: Sequence[int],
    attempts: int,
) -> None:
    """Store a reply as far as it is written, for another writer to continue."""
    await connection.fetch(
        _LEAVE_REPLY,
        **reply._asdict(),
        new_content=content,
        new_ends=stream_ends,
        made_attempts=attempts,
    )


@repository_method
async def stream(connection: Connection, message_id: int, user_id: int) -> Row | None:
    """A message of the user's with its `failure_reason`, `retry_at` and `stream_ends`."""
    rows = await connection.fetch(_STREAM, message_id=message_id, user_id=user_id)
    return rows[0] if rows else None
