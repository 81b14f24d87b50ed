"""Statements about replies that are being written, and the leases of their writers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.clauses.idempotent_write import locked_person, result_for
from db.queries.clauses.reply_leases import ReplyLeases
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import ChatMessage, ReplyGeneration

LEASES = ReplyLeases("generations", ReplyGeneration.reply_id)
ENDED = (
    ReplyGeneration.reply_id,
    ReplyGeneration.user_id,
    ReplyGeneration.usage_date,
    ReplyGeneration.stop_requested_at,
)
_OF_OWNER = Statement(
    "generations.of_owner",
    select(ReplyGeneration.reply_id, ReplyGeneration.stop_requested_at).where(
        ReplyGeneration.owner == bindparam("owner")
    ),
)


def _request_stop() -> Statement:
    person = locked_person()
    asked = (
        update(ReplyGeneration)
        .where(
            ReplyGeneration.reply_id == bindparam("reply_id"),
            ReplyGeneration.user_id == person.c.id,
        )
        .values(
            stop_requested_at=func.coalesce(
                ReplyGeneration.stop_requested_at, func.clock_timestamp()
            )
        )
        .returning(ReplyGeneration.owner)
        .cte("asked")
    )
    return Statement("generations.request_stop", result_for(person, asked))


_REQUEST_STOP = _request_stop()
_END = Statement(
    "generations.end", delete(ReplyGeneration).where(*LEASES.is_held).returning(*ENDED)
)
_TAKE_AWAY = Statement(
    "generations.take_away",
    delete(ReplyGeneration)
    .where(ReplyGeneration.reply_id == bindparam("reply_id"))
    .returning(*ENDED),
)
_END_EXPIRED = Statement(
    "generations.end_expired",
    delete(ReplyGeneration).where(LEASES.has_expired).returning(*ENDED),
)
_written = (
    func.jsonb_to_recordset(bindparam("written", type_=JSONB))
    .table_valued(
        ChatMessage.id.expression,
        ChatMessage.content.expression,
        ChatMessage.attempts.expression,
        ChatMessage.stream_ends.expression,
        name="written",
    )
    .render_derived(with_types=True)
)
_streaming = aliased(ChatMessage, name="streaming")
_unlocked = (
    select(_streaming.id)
    .where(_streaming.id == _written.c.id, _streaming.status == "streaming")
    .correlate(_written)
    # A locked row is being ended.
    .with_for_update(skip_locked=True, key_share=True)
)
_SAVE_PROGRESS = Statement(
    "generations.save_progress",
    update(ChatMessage)
    .where(ChatMessage.id == _written.c.id, ChatMessage.id == _unlocked.scalar_subquery())
    .values(
        content=_written.c.content,
        attempts=_written.c.attempts,
        stream_ends=_written.c.stream_ends,
    )
    .returning(ChatMessage.id),
)


@repository_method
async def of_owner(connection: Connection, owner: UUID) -> list[Row]:
    """`(reply_id, stop_requested_at)` of the replies that `owner` writes."""
    return await connection.fetch(_OF_OWNER, owner=owner)


@repository_method
async def request_stop(connection: Connection, reply_id: int, user_id: int) -> Row | None:
    """Request that a reply of `user_id` stops, and return its `owner`, null if it has ended.

    None if there is no such person.
    """
    rows = await connection.fetch(_REQUEST_STOP, reply_id=reply_id, user_id=user_id)
    return rows[0] if rows else None


@repository_method
async def end(connection: Connection, reply_id: int, owner: UUID) -> Row | None:
    """End the lease of `owner` on a reply; None if it has lost the lease already."""
    rows = await connection.fetch(_END, reply_id=reply_id, of_owner=owner)
    return rows[0] if rows else None


@repository_method
async def take_away(connection: Connection, reply_id: int) -> Row | None:
    """End the lease on a reply, whoever has it; None if nobody has."""
    rows = await connection.fetch(_TAKE_AWAY, reply_id=reply_id)
    return rows[0] if rows else None


@repository_method
async def end_expired(connection: Connection) -> Row | None:
    """End one expired lease that no other transaction is ending."""
    rows = await connection.fetch(_END_EXPIRED)
    return rows[0] if rows else None


# Any: `id`, `content`, `attempts` and `stream_ends` of each reply.
@repository_method
async def save_progress(connection: Connection, written: Sequence[dict[str, Any]]) -> set[int]:
    """Store the partial texts of replies, and return the ids of those stored.

    Replies that have ended, or that are locked just now, stay as they are.
    """
    rows = await connection.fetch(_SAVE_PROGRESS, written=orjson.dumps(written).decode())
    return {row["id"] for row in rows}
