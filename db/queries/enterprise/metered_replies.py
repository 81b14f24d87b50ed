"""Statements about metered replies, and the leases of their writers.

Leases expire by the database's clock, the only one that all processes share.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Double,
    Integer,
    Text,
    any_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    null,
    select,
    update,
)

from db.database import Connection
from db.queries.clauses.idempotent_write import stored_result
from db.statement import Statement, repository_method
from db.tables import EnterpriseGeneration

_lease_end = func.clock_timestamp() + bindparam("lease_seconds", type_=Double) * literal_column(
    "interval '1 second'"
)
_begun = (
    insert(EnterpriseGeneration)
    .values(
        enterprise_account_id=bindparam("account_id"),
        credential_id=bindparam("credential_id"),
        usage_date=bindparam("day"),
        is_overage=bindparam("is_overage"),
        model=bindparam("model"),
        owner=bindparam("owner"),
        lease_expires_at=_lease_end,
        created_at=bindparam("now"),
    )
    .returning(EnterpriseGeneration.id)
    .cte("begun")
)
_BEGIN = Statement(
    "metered_replies.begin", select(_begun.c.id).add_cte(stored_result(generation_id=_begun.c.id))
)
_is_running = EnterpriseGeneration.status == literal_column("'running'")
_RENEW = Statement(
    "metered_replies.renew",
    update(EnterpriseGeneration)
    .where(
        EnterpriseGeneration.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        EnterpriseGeneration.owner == bindparam("of_owner"),
        _is_running,
    )
    .values(lease_expires_at=_lease_end)
    .returning(EnterpriseGeneration.id),
)
_BY_ID = Statement(
    "metered_replies.by_id",
    select(
        EnterpriseGeneration.status,
        EnterpriseGeneration.content,
        EnterpriseGeneration.is_overage,
        EnterpriseGeneration.failure_reason,
        EnterpriseGeneration.retry_after_seconds,
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
)
_failure = bindparam("failure_reason", type_=Text)
_END = Statement(
    "metered_replies.end",
    update(EnterpriseGeneration)
    .where(
        EnterpriseGeneration.id == bindparam("generation_id"),
        EnterpriseGeneration.owner == bindparam("of_owner"),
        _is_running,
    )
    .values(
        status=case(
            (_failure.is_(None), literal_column("'complete'")), else_=literal_column("'failed'")
        ),
        content=bindparam("written", type_=Text),
        failure_reason=_failure,
        retry_after_seconds=bindparam("retry_after", type_=Integer),
        model=bindparam("by_model"),
        attempts=bindparam("made_attempts"),
        prompt_tokens=bindparam("read_tokens", type_=Integer),
        completion_tokens=bindparam("written_tokens", type_=Integer),
        latency_ms=bindparam("taken_ms"),
    )
    .returning(*_ENDED),
)
_expired = (
    select(EnterpriseGeneration.id)
    .where(_is_running, EnterpriseGeneration.lease_expires_at < func.clock_timestamp())
    .order_by(EnterpriseGeneration.lease_expires_at)
    .limit(literal_column("1"))
    .with_for_update(skip_locked=True)
)
_END_EXPIRED = Statement(
    "metered_replies.end_expired",
    # As an array the rows are chosen once; a subquery of IN may be run again and choose others.
    update(EnterpriseGeneration)
    .where(EnterpriseGeneration.id == any_(func.array(_expired.scalar_subquery())))
    .values(status=literal_column("'failed'"), failure_reason=literal_column("'interrupted'"))
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


@repository_method
async def begin(
    connection: Connection,
    *,
    account_id: int,
    credential_id: int,
    day: date,
    is_overage: bool,
    model: str,
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
        owner=owner,
        lease_seconds=lease_seconds,
        claim_id=claim_id,
        now=now,
    )
    return int(rows[0]["id"])


@repository_method
async def renew(
    connection: Connection, owner: UUID, ids: Sequence[int], lease_seconds: float
) -> set[int]:
    """Renew the owner's leases on the replies `ids`, and return the ids of those renewed."""
    rows = await connection.fetch(_RENEW, of_owner=owner, ids=ids, lease_seconds=lease_seconds)
    return {row["id"] for row in rows}


@repository_method
async def by_id(connection: Connection, account_id: int, generation_id: int) -> Record | None:
    """A reply of the account's."""
    rows = await connection.fetch(_BY_ID, account_id=account_id, generation_id=generation_id)
    return rows[0] if rows else None


@repository_method
async def end(
    connection: Connection,
    generation_id: int,
    owner: UUID,
    *,
    content: str | None,
    failure_reason: str | None,
    retry_after_seconds: int | None,
    model: str,
    attempts: int,
    prompt_tokens: int | None,
    completion_tokens: int | None,
    latency_ms: int,
) -> Record | None:
    """Store the end of a reply, and return `(id, enterprise_account_id, usage_date)`.

    None, and no change, if `owner` has lost the lease.
    """
    rows = await connection.fetch(
        _END,
        generation_id=generation_id,
        of_owner=owner,
        written=content,
        failure_reason=failure_reason,
        retry_after=retry_after_seconds,
        by_model=model,
        made_attempts=attempts,
        read_tokens=prompt_tokens,
        written_tokens=completion_tokens,
        taken_ms=latency_ms,
    )
    return rows[0] if rows else None


@repository_method
async def end_expired(connection: Connection) -> Record | None:
    """End one reply with an expired lease, as interrupted, that no other transaction is ending."""
    rows = await connection.fetch(_END_EXPIRED)
    return rows[0] if rows else None


@repository_method
async def forget_texts(connection: Connection, before: datetime) -> None:
    """Delete the texts of replies older than `before`; the replies themselves stay."""
    await connection.fetch(_FORGET_TEXTS, before=before)
