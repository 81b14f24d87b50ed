"""Statements about replies that are being written, and the leases of their writers.

Leases expire by the database's clock, the only one that all processes share.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from asyncpg import Record
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Double,
    any_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.clauses.idempotent_write import locked_person, result_for
from db.statement import Statement, repository_method
from db.tables import ChatMessage, ReplyGeneration

LEASE_END = func.clock_timestamp() + bindparam("lease_seconds", type_=Double) * literal_column(
    "interval '1 second'"
)
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
_held = (
    select(ReplyGeneration.reply_id)
    .where(
        ReplyGeneration.reply_id == any_(bindparam("reply_ids", type_=ARRAY(BigInteger))),
        ReplyGeneration.owner == bindparam("of_owner"),
    )
    # A locked row is being ended by a transaction that may wait for another row.
    .with_for_update(skip_locked=True)
)
_RENEW = Statement(
    "generations.renew",
    update(ReplyGeneration)
    .where(ReplyGeneration.reply_id.in_(_held))
    .values(lease_expires_at=LEASE_END)
    .returning(ReplyGeneration.reply_id),
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
    "generations.end",
    delete(ReplyGeneration)
    .where(
        ReplyGeneration.reply_id == bindparam("reply_id"),
        ReplyGeneration.owner == bindparam("owner"),
    )
    .returning(*ENDED),
)
_TAKE_AWAY = Statement(
    "generations.take_away",
    delete(ReplyGeneration)
    .where(ReplyGeneration.reply_id == bindparam("reply_id"))
    .returning(*ENDED),
)
_expired = (
    select(ReplyGeneration.reply_id)
    .where(ReplyGeneration.lease_expires_at < func.clock_timestamp())
    .order_by(ReplyGeneration.lease_expires_at)
    .limit(literal_column("1"))
    .with_for_update(skip_locked=True)
)
_END_EXPIRED = Statement(
    "generations.end_expired",
    # As an array the rows are chosen once; a subquery of IN may be run again and choose others.
    delete(ReplyGeneration)
    .where(ReplyGeneration.reply_id == any_(func.array(_expired.scalar_subquery())))
    .returning(*ENDED),
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
    # As above.
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
async def of_owner(connection: Connection, owner: UUID) -> list[Record]:
    """`(reply_id, stop_requested_at)` of the replies that `owner` writes."""
    return await connection.fetch(_OF_OWNER, owner=owner)


@repository_method
async def renew(
    connection: Connection, owner: UUID, reply_ids: Sequence[int], lease_seconds: float
) -> set[int]:
    """Renew the leases of `owner` on the replies, except those that are being ended just now.

    Returns the ids of the renewed ones.
    """
    rows = await connection.fetch(
        _RENEW, of_owner=owner, reply_ids=reply_ids, lease_seconds=lease_seconds
    )
    return {row["reply_id"] for row in rows}


@repository_method
async def request_stop(connection: Connection, reply_id: int, user_id: int) -> Record | None:
    """Request that a reply of `user_id` stops, and return its `owner`, null if it has ended.

    None if there is no such person.
    """
    rows = await connection.fetch(_REQUEST_STOP, reply_id=reply_id, user_id=user_id)
    return rows[0] if rows else None


@repository_method
async def end(connection: Connection, reply_id: int, owner: UUID) -> Record | None:
    """End the lease of `owner` on a reply; None if it has lost the lease already."""
    rows = await connection.fetch(_END, reply_id=reply_id, owner=owner)
    return rows[0] if rows else None


@repository_method
async def take_away(connection: Connection, reply_id: int) -> Record | None:
    """End the lease on a reply, whoever has it; None if nobody has."""
    rows = await connection.fetch(_TAKE_AWAY, reply_id=reply_id)
    return rows[0] if rows else None


@repository_method
async def end_expired(connection: Connection) -> Record | None:
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
