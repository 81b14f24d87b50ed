"""Statements by which processes claim, keep and complete privacy requests.

Leases and pauses expire by the database's clock, the only one that all processes share. Whether a
request is due depends on the caller's `now`.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Double,
    Interval,
    and_,
    bindparam,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from db.database import Connection
from db.queries.clauses.expressions import literal_text
from db.row import Row
from db.statement import Statement, repository_method
from db.states import PrivacyRequestKind, PrivacyRequestStatus
from db.tables import ARCHIVED_REQUESTS, UserPrivacyRequest

_now = func.clock_timestamp()
_lease_end = _now + bindparam("seconds", type_=Double) * literal_column(
    "interval '1 second'", Interval
)
# As they stand in the index's condition: the planner has to see that it holds.
_REQUESTED, _PROCESSING, _FAILED = (
    literal_text(status)
    for status in (
        PrivacyRequestStatus.REQUESTED,
        PrivacyRequestStatus.PROCESSING,
        PrivacyRequestStatus.FAILED,
    )
)
_DELETE = literal_text(PrivacyRequestKind.DELETE)
_export = aliased(UserPrivacyRequest, name="export")
_is_exported_now = (
    select(literal_column("1"))
    .where(
        _export.user_id == UserPrivacyRequest.user_id,
        _export.request_kind == PrivacyRequestKind.EXPORT,
        _export.status == PrivacyRequestStatus.PROCESSING,
        _export.lease_owner.is_not(None),
        _export.lease_expires_at >= _now,
    )
    .exists()
)
_due = (
    select(UserPrivacyRequest.user_id, UserPrivacyRequest.id)
    .where(
        UserPrivacyRequest.request_kind == bindparam("kind"),
        or_(
            and_(
                UserPrivacyRequest.status == _REQUESTED,
                func.coalesce(UserPrivacyRequest.scheduled_for, UserPrivacyRequest.requested_at)
                <= bindparam("now"),
            ),
            and_(
                UserPrivacyRequest.status == _PROCESSING,
                or_(
                    UserPrivacyRequest.lease_expires_at.is_(None),
                    UserPrivacyRequest.lease_expires_at < _now,
                ),
            ),
        ),
        or_(UserPrivacyRequest.request_kind == PrivacyRequestKind.EXPORT, ~_is_exported_now),
    )
    .order_by(UserPrivacyRequest.requested_at)
    .limit(literal_column("1"))
    .with_for_update(skip_locked=True, of=UserPrivacyRequest)
    .cte("due")
)
_CLAIM = Statement(
    "privacy.claim",
    # In a CTE the row is chosen once; a subquery of IN may be run again and choose another.
    update(UserPrivacyRequest)
    .where(UserPrivacyRequest.user_id == _due.c.user_id, UserPrivacyRequest.id == _due.c.id)
    .values(
        status=PrivacyRequestStatus.PROCESSING,
        attempts=UserPrivacyRequest.attempts + 1,
        started_at=func.coalesce(UserPrivacyRequest.started_at, bindparam("now")),
        lease_owner=bindparam("owner"),
        lease_expires_at=_lease_end,
    )
    .returning(
        UserPrivacyRequest.id,
        UserPrivacyRequest.user_id,
        UserPrivacyRequest.requested_at,
        UserPrivacyRequest.started_at,
        UserPrivacyRequest.attempts,
    ),
)
_own = update(UserPrivacyRequest).where(
    UserPrivacyRequest.user_id == bindparam("of_user"),
    UserPrivacyRequest.id == bindparam("request_id"),
    UserPrivacyRequest.lease_owner == bindparam("of_owner"),
    UserPrivacyRequest.status == PrivacyRequestStatus.PROCESSING,
)
_RENEW = Statement(
    "privacy.renew",
    _own.values(lease_expires_at=_lease_end).returning(UserPrivacyRequest.id),
)
_REST = Statement("privacy.rest", _own.values(lease_owner=null(), lease_expires_at=_lease_end))
_FAIL = Statement(
    "privacy.fail",
    _own.values(
        status=PrivacyRequestStatus.FAILED,
        error_reason=bindparam("reason"),
        lease_owner=null(),
        lease_expires_at=null(),
    ),
)
_COMPLETE = Statement(
    "privacy.complete",
    _own.values(
        status=PrivacyRequestStatus.COMPLETED,
        completed_at=bindparam("now"),
        lease_owner=null(),
        lease_expires_at=null(),
    ).returning(UserPrivacyRequest.id),
)
_VERIFY = Statement(
    "privacy.verify",
    update(ARCHIVED_REQUESTS)
    .where(ARCHIVED_REQUESTS.c.id == bindparam("request_id"))
    .values(remaining_references=literal_column("0"), verified_at=bindparam("now")),
)
_of_exports = update(UserPrivacyRequest).where(
    UserPrivacyRequest.user_id == bindparam("of_user"),
    UserPrivacyRequest.request_kind == PrivacyRequestKind.EXPORT,
)
_SUPERSEDE_EXPORTS = Statement(
    "privacy.supersede_exports",
    _of_exports.where(
        or_(
            UserPrivacyRequest.status == PrivacyRequestStatus.REQUESTED,
            and_(
                UserPrivacyRequest.status == PrivacyRequestStatus.PROCESSING,
                or_(
                    UserPrivacyRequest.lease_owner.is_(None),
                    UserPrivacyRequest.lease_expires_at < _now,
                ),
            ),
        )
    ).values(
        status=PrivacyRequestStatus.CANCELLED,
        error_reason=bindparam("reason"),
        lease_owner=null(),
        lease_expires_at=null(),
    ),
)
_IS_EXPORTED = Statement(
    "privacy.is_exported",
    select(UserPrivacyRequest.id).where(
        UserPrivacyRequest.user_id == bindparam("of_user"),
        UserPrivacyRequest.request_kind == PrivacyRequestKind.EXPORT,
        UserPrivacyRequest.status == PrivacyRequestStatus.PROCESSING,
    ),
)
_owed = or_(
    UserPrivacyRequest.status.in_((_REQUESTED, _PROCESSING)),
    # A person whose erasure was begun and given up cannot ask again.
    and_(UserPrivacyRequest.status == _FAILED, UserPrivacyRequest.request_kind == _DELETE),
)
_OWED = Statement(
    "privacy.owed",
    select(
        UserPrivacyRequest.request_kind,
        UserPrivacyRequest.status,
        func.count().label("count"),
        func.min(UserPrivacyRequest.requested_at).label("oldest"),
        func.count()
        .filter(
            UserPrivacyRequest.requested_at + literal_column("interval '1 month'", Interval)
            < bindparam("now")
        )
        .label("overdue"),
    )
    .where(_owed)
    .group_by(UserPrivacyRequest.request_kind, UserPrivacyRequest.status),
)
_TRY_AGAIN = Statement(
    "privacy.try_again",
    update(UserPrivacyRequest)
    .where(
        UserPrivacyRequest.user_id == bindparam("of_user"),
        UserPrivacyRequest.id == bindparam("request_id"),
        UserPrivacyRequest.request_kind == PrivacyRequestKind.DELETE,
        UserPrivacyRequest.status == PrivacyRequestStatus.FAILED,
    )
    .values(
        status=PrivacyRequestStatus.PROCESSING, attempts=literal_column("0"), error_reason=null()
    )
    .returning(UserPrivacyRequest.id),
)


@repository_method
async def claim(
    connection: Connection, kind: str, owner: UUID, *, lease_seconds: float, now: datetime
) -> Row | None:
    """Claim the oldest request of a kind that is due at `now` and that nobody has a lease on.

    An erasure waits while an export of the same person is being made. Returns `id`, `user_id`,
    `requested_at`, `started_at` and `attempts`, which includes this one.
    """
    rows = await connection.fetch(_CLAIM, kind=kind, owner=owner, seconds=lease_seconds, now=now)
    return rows[0] if rows else None


@repository_method
async def renew(
    connection: Connection, user_id: int, request_id: int, owner: UUID, lease_seconds: float
) -> bool:
    """Renew the lease; False if `owner` has lost it."""
    return bool(
        await connection.fetch(
            _RENEW, of_user=user_id, request_id=request_id, of_owner=owner, seconds=lease_seconds
        )
    )


@repository_method
async def rest(
    connection: Connection, user_id: int, request_id: int, owner: UUID, pause_seconds: float
) -> None:
    """Release the request; it can be claimed again after the pause."""
    await connection.fetch(
        _REST, of_user=user_id, request_id=request_id, of_owner=owner, seconds=pause_seconds
    )


@repository_method
async def fail(
    connection: Connection, user_id: int, request_id: int, owner: UUID, reason: str
) -> None:
    """Set the request to failed."""
    await connection.fetch(
        _FAIL, of_user=user_id, request_id=request_id, of_owner=owner, reason=reason
    )


@repository_method
async def complete(
    connection: Connection, user_id: int, request_id: int, owner: UUID, now: datetime
) -> bool:
    """Set the request to completed; False if `owner` has lost the lease."""
    return bool(
        await connection.fetch(
            _COMPLETE, of_user=user_id, request_id=request_id, of_owner=owner, now=now
        )
    )


@repository_method
async def verify(connection: Connection, request_id: int, now: datetime) -> None:
    """Record that an erasure was verified: nothing identifies the person any more."""
    await connection.fetch(_VERIFY, request_id=request_id, now=now)


@repository_method
async def supersede_exports(connection: Connection, user_id: int, reason: str) -> None:
    """Cancel the person's exports, except one that is being made."""
    await connection.fetch(_SUPERSEDE_EXPORTS, of_user=user_id, reason=reason)


@repository_method
async def is_exported(connection: Connection, user_id: int) -> bool:
    """Whether an export of the person's data is being made."""
    return bool(await connection.fetch(_IS_EXPORTED, of_user=user_id))


@repository_method
async def owed(connection: Connection, now: datetime) -> list[Row]:
    """The outstanding requests by kind and status: `count`, `oldest` request, number `overdue`."""
    return await connection.fetch(_OWED, now=now)


@repository_method
async def try_again(connection: Connection, user_id: int, request_id: int) -> bool:
    """Let a failed erasure be claimed again; False if there is none."""
    return bool(await connection.fetch(_TRY_AGAIN, of_user=user_id, request_id=request_id))
