"""Statements about replies that are being written, and the leases of their writers."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, BigInteger, and_, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.clauses.idempotent_write import locked_person, result_for
from db.queries.clauses.reply_leases import ReplyLeases
from db.reply_key import ReplyKey
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import ChatMessage, ReplyGeneration

LEASES = ReplyLeases(
    "generations",
    ReplyGeneration.user_id,
    ReplyGeneration.reply_id,
    may_continue=ReplyGeneration.stop_requested_at.is_(None),
)
ENDED = (
    ReplyGeneration.reply_id,
    ReplyGeneration.user_id,
    ReplyGeneration.conversation_id,
    ReplyGeneration.usage_date,
    ReplyGeneration.stop_requested_at,
)
_IS_THIS = (
    ReplyGeneration.user_id == bindparam("tenant_id"),
    ReplyGeneration.reply_id == bindparam("reply_id"),
)
_OF_OWNER = Statement(
    "generations.of_owner",
    select(ReplyGeneration.reply_id, ReplyGeneration.stop_requested_at).where(
        ReplyGeneration.user_id == any_(bindparam("user_ids", type_=ARRAY(BigInteger))),
        ReplyGeneration.owner == bindparam("owner"),
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
    delete(ReplyGeneration).where(*_IS_THIS).returning(*ENDED),
)
_END_EXPIRED = Statement(
    "generations.end_expired",
    delete(ReplyGeneration).where(LEASES.is_to_end).returning(*ENDED),
)
_written = (
    func.jsonb_to_recordset(bindparam("written", type_=JSONB))
    .table_valued(
        ChatMessage.user_id.expression,
        ChatMessage.id.expression,
        ChatMessage.content.expression,
        ChatMessage.attempts.expression,
        ChatMessage.stream_ends.expression,
        name="written",
    )
    .render_derived(with_types=True)
)
_streaming = aliased(ChatMessage, name="streaming")
_lease = aliased(ReplyGeneration, name="lease")
_is_owners = _lease.owner == bindparam("owner")
_unlocked = (
    select(_streaming.id)
    .join(_lease, and_(_lease.user_id == _streaming.user_id, _lease.reply_id == _streaming.id))
    .where(
        _streaming.user_id == _written.c.user_id,
        _streaming.id == _written.c.id,
        _streaming.status == "streaming",
        _is_owners,
    )
    .correlate(_written)
    # A locked row is being ended. The lease is locked too, so that nobody takes the reply over
    # between the look at its owner and the end of this statement.
    .with_for_update(skip_locked=True, key_share=True)
)
_saved = (
    update(ChatMessage)
    .where(
        ChatMessage.user_id == _written.c.user_id,
        ChatMessage.id == _written.c.id,
        ChatMessage.id == _unlocked.scalar_subquery(),
    )
    .values(
        content=_written.c.content,
        attempts=_written.c.attempts,
        stream_ends=_written.c.stream_ends,
    )
    .returning(ChatMessage.id)
    .cte("saved")
)
_SAVE_PROGRESS = Statement(
    "generations.save_progress",
    select(_lease.reply_id, _saved.c.id.is_not(None).label("is_saved"))
    .outerjoin(_saved, _saved.c.id == _lease.reply_id)
    .where(
        _is_owners,
        _lease.user_id == any_(bindparam("user_ids", type_=ARRAY(BigInteger))),
        _lease.reply_id == any_(bindparam("reply_ids", type_=ARRAY(BigInteger))),
    ),
)
_HOLD = Statement(
    "generations.hold",
    select(ReplyGeneration.user_id).where(*LEASES.is_held).with_for_update(key_share=True),
)
_UNFINISHED = Statement(
    "generations.unfinished",
    select(
        ReplyGeneration.conversation_id,
        ReplyGeneration.stop_requested_at,
        ReplyGeneration.models,
        ChatMessage.model,
        ChatMessage.content,
        ChatMessage.stream_ends,
        ChatMessage.attempts,
    )
    .join(
        ChatMessage,
        and_(
            ChatMessage.user_id == ReplyGeneration.user_id,
            ChatMessage.id == ReplyGeneration.reply_id,
        ),
    )
    .where(*LEASES.is_held),
)


@repository_method
async def of_owner(connection: Connection, owner: UUID, user_ids: Sequence[int]) -> list[Row]:
    """`(reply_id, stop_requested_at)` of the replies that `owner` writes for these people."""
    return await connection.fetch(_OF_OWNER, owner=owner, user_ids=user_ids)


@repository_method
async def request_stop(connection: Connection, reply_id: int, user_id: int) -> Row | None:
    """Request that a reply of `user_id` stops, and return its `owner`, null if it has ended.

    None if there is no such person.
    """
    rows = await connection.fetch(_REQUEST_STOP, reply_id=reply_id, user_id=user_id)
    return rows[0] if rows else None


@repository_method
async def end(connection: Connection, reply: ReplyKey, owner: UUID) -> Row | None:
    """End the lease of `owner` on a reply; None if it has lost the lease already."""
    rows = await connection.fetch(_END, **reply._asdict(), of_owner=owner)
    return rows[0] if rows else None


@repository_method
async def take_away(connection: Connection, reply: ReplyKey) -> Row | None:
    """End the lease on a reply, whoever has it; None if nobody has."""
    rows = await connection.fetch(_TAKE_AWAY, **reply._asdict())
    return rows[0] if rows else None


@repository_method
async def end_expired(connection: Connection) -> Row | None:
    """End one expired lease that no other transaction is ending."""
    rows = await connection.fetch(_END_EXPIRED)
    return rows[0] if rows else None


# Any: `user_id`, `id`, `content`, `attempts` and `stream_ends` of each reply.
@repository_method
async def save_progress(
    connection: Connection, owner: UUID, written: Sequence[dict[str, Any]]
) -> dict[int, bool]:
    """Store the partial texts of replies; returns whether each that `owner` writes was stored.

    Those that are locked just now stay as they are, and those whose lease is lost are left out.
    """
    rows = await connection.fetch(
        _SAVE_PROGRESS,
        owner=owner,
        written=orjson.dumps(written).decode(),
        user_ids=[one["user_id"] for one in written],
        reply_ids=[one["id"] for one in written],
    )
    return {row["reply_id"]: row["is_saved"] for row in rows}


@repository_method
async def unfinished(connection: Connection, reply: ReplyKey, owner: UUID) -> Row | None:
    """What is stored of a reply that `owner` writes, and of its conversation; None if it does not.

    The columns are `conversation_id`, `stop_requested_at`, `models`, and the message's
    `model`, `content`, `stream_ends` and `attempts`.
    """
    rows = await connection.fetch(_UNFINISHED, **reply._asdict(), of_owner=owner)
    return rows[0] if rows else None


@repository_method
async def hold(connection: Connection, reply: ReplyKey, owner: UUID) -> bool:
    """Keep a reply that `owner` writes from being taken away until the commit.

    False if `owner` has lost the lease.
    """
    return bool(await connection.fetch(_HOLD, **reply._asdict(), of_owner=owner))
