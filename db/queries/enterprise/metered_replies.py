"""Statements about metered replies, and the leases of their writers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    BigInteger,
    Integer,
    Text,
    bindparam,
    case,
    insert,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from db.database import Connection
from db.queries.clauses.idempotent_write import stored_result_of_account
from db.queries.clauses.reply_end import END_COLUMNS, FAILURE, ReplyEnd
from db.queries.clauses.reply_leases import LEASE_END, ReplyLeases
from db.reply_key import ReplyKey
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import EnterpriseGeneration

LEASES = ReplyLeases(
    "metered_replies",
    EnterpriseGeneration.enterprise_account_id,
    EnterpriseGeneration.id,
    EnterpriseGeneration.status == literal_column("'running'"),
    # Earlier versions stored no question.
    may_continue=EnterpriseGeneration.question.is_not(None),
)
_begun = (
    insert(EnterpriseGeneration)
    .values(
        enterprise_account_id=bindparam("account_id", type_=BigInteger),
        credential_id=bindparam("credential_id"),
        usage_date=bindparam("day"),
        is_overage=bindparam("is_overage"),
        model=bindparam("model"),
        question=bindparam("question", type_=JSONB),
        owner=bindparam("owner"),
        lease_expires_at=LEASE_END,
        created_at=bindparam("now"),
    )
    .returning(EnterpriseGeneration.id)
    .cte("begun")
)
_BEGIN = Statement(
    "metered_replies.begin",
    select(_begun.c.id).add_cte(
        stored_result_of_account(
            bindparam("account_id", type_=BigInteger), generation_id=_begun.c.id
        )
    ),
)
_retry_at = (
    EnterpriseGeneration.created_at
    + EnterpriseGeneration.latency_ms * literal_column("interval '1 millisecond'")
    + EnterpriseGeneration.retry_after_seconds * literal_column("interval '1 second'")
)
_BY_ID = Statement(
    "metered_replies.by_id",
    select(
        EnterpriseGeneration.id,
        EnterpriseGeneration.status,
        EnterpriseGeneration.content,
        EnterpriseGeneration.is_overage,
        EnterpriseGeneration.failure_reason,
        _retry_at.label("retry_at"),
        EnterpriseGeneration.model,
        EnterpriseGeneration.attempts,
        EnterpriseGeneration.prompt_tokens,
        EnterpriseGeneration.completion_tokens,
        EnterpriseGeneration.latency_ms,
        EnterpriseGeneration.created_at,
    ).where(
        EnterpriseGeneration.id == bindparam("generation_id"),
        EnterpriseGeneration.enterprise_account_id == bindparam("account_id"),
    ),
)
_ENDED = (
    EnterpriseGeneration.id,
    EnterpriseGeneration.enterprise_account_id,
    EnterpriseGeneration.usage_date,
    EnterpriseGeneration.is_overage,
)
_END = Statement(
    "metered_replies.end",
    update(EnterpriseGeneration)
    .where(*LEASES.is_held)
    .values(
        status=case(
            (FAILURE.is_(None), literal_column("'complete'")), else_=literal_column("'failed'")
        ),
        content=bindparam("written", type_=Text),
        retry_after_seconds=bindparam("retry_after", type_=Integer),
        question=null(),
        **END_COLUMNS,
    )
    .returning(*_ENDED),
)
_END_EXPIRED = Statement(
    "metered_replies.end_expired",
    update(EnterpriseGeneration)
    .where(LEASES.is_to_end)
    .values(
        status=literal_column("'failed'"),
        failure_reason=literal_column("'interrupted'"),
        question=null(),
    )
    .returning(*_ENDED),
)
_FORGET_TEXTS = Statement(
    "metered_replies.forget_texts",
    update(EnterpriseGeneration)
    .where(
        EnterpriseGeneration.created_at < bindparam("before"),
        EnterpriseGeneration.content.is_not(None),
    )
    .values(content=null()),
)
_FORGET_QUESTIONS = Statement(
    "metered_replies.forget_questions",
    update(EnterpriseGeneration)
    .where(
        EnterpriseGeneration.created_at < bindparam("before"),
        EnterpriseGeneration.question.is_not(None),
        EnterpriseGeneration.status != literal_column("'running'"),
    )
    .values(question=null()),
)
_SAVE_ATTEMPTS = Statement(
    "metered_replies.save_attempts",
    update(EnterpriseGeneration)
    .where(
        EnterpriseGeneration.enterprise_account_id == bindparam("tenant_id"),
        EnterpriseGeneration.id == bindparam("reply_id"),
    )
    .values(attempts=bindparam("made_attempts", type_=Integer)),
)
_UNFINISHED = Statement(
    "metered_replies.unfinished",
    select(EnterpriseGeneration.question, EnterpriseGeneration.attempts).where(*LEASES.is_held),
)


@repository_method
async def begin(
    connection: Connection,
    *,
    account_id: int,
    credential_id: int,
    day: date,
    is_overage: bool,
    model: str,
    question: dict[str, Any],  # Any: JSON
    owner: UUID,
    lease_seconds: float,
    claim_id: int,
    now: datetime,
) -> int:
    """Insert a reply that costs a unit, with a lease of `owner`, and return its id.

    The claimed key stores it as its result.
    """
    rows = await connection.fetch(
        _BEGIN,
        account_id=account_id,
        credential_id=credential_id,
        day=day,
        is_overage=is_overage,
        model=model,
        question=orjson.dumps(question).decode(),
        owner=owner,
        lease_seconds=lease_seconds,
        claim_id=claim_id,
        now=now,
    )
    return int(rows[0]["id"])


@repository_method
async def by_id(connection: Connection, account_id: int, generation_id: int) -> Row | None:
    """A reply of the account's; `retry_at` is when the model may be asked again, if it failed."""
    rows = await connection.fetch(_BY_ID, account_id=account_id, generation_id=generation_id)
    return rows[0] if rows else None


@repository_method
async def end(
    connection: Connection,
    reply: ReplyKey,
    owner: UUID,
    *,
    content: str | None,
    retry_after_seconds: int | None,
    end: ReplyEnd,
) -> Row | None:
    """Store the end of a reply, and return `(id, enterprise_account_id, usage_date)`.

    None, and no change, if `owner` has lost the lease.
    """
    rows = await connection.fetch(
        _END,
        **reply._asdict(),
        of_owner=owner,
        written=content,
        retry_after=retry_after_seconds,
        **end,
    )
    return rows[0] if rows else None


@repository_method
async def end_expired(connection: Connection) -> Row | None:
    """End one reply with an expired lease, as interrupted, that no other transaction is ending."""
    rows = await connection.fetch(_END_EXPIRED)
    return rows[0] if rows else None


@repository_method
async def forget_texts(connection: Connection, before: datetime) -> None:
    """Delete the texts of replies older than `before`; the replies themselves stay.

    A question is deleted when its reply ends; earlier versions do not delete it.
    """
    await connection.fetch(_FORGET_TEXTS, before=before)
    await connection.fetch(_FORGET_QUESTIONS, before=before)


@repository_method
async def save_attempts(connection: Connection, reply: ReplyKey, attempts: int) -> None:
    """Store how often the model has been asked for a reply."""
    await connection.fetch(_SAVE_ATTEMPTS, **reply._asdict(), made_attempts=attempts)


@repository_method
async def unfinished(connection: Connection, reply: ReplyKey, owner: UUID) -> Row | None:
    """`(question, attempts)` of a reply that `owner` writes; None if it does not."""
    rows = await connection.fetch(_UNFINISHED, **reply._asdict(), of_owner=owner)
    return rows[0] if rows else None
