"""Statements by which a person makes and cancels privacy requests, each with its audit event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Text,
    bindparam,
    exists,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.queries.audit import recorded_event_of_user
from db.queries.clauses.expressions import literal_text
from db.queries.clauses.idempotent_write import stored_result
from db.queries.privacy.privacy_requests import JSON_COLUMNS
from db.row import Row
from db.statement import Statement, repository_method
from db.states import PrivacyRequestStatus
from db.tables import UserPrivacyRequest

_user = bindparam("user_id", type_=BigInteger)
_kind = bindparam("kind", type_=Text)
_instant = UserPrivacyRequest.requested_at.type
_of_kind = (UserPrivacyRequest.user_id == _user, UserPrivacyRequest.request_kind == _kind)


def _request() -> Statement:
    # As literals, so that the planner sees that the partial index has them all.
    is_under_way = UserPrivacyRequest.status.in_(
        [
            literal_text(PrivacyRequestStatus.REQUESTED),
            literal_text(PrivacyRequestStatus.PROCESSING),
        ]
    )
    under_way = select(*JSON_COLUMNS).where(*_of_kind, is_under_way).cte("under_way")
    was_completed = exists().where(
        *_of_kind, UserPrivacyRequest.completed_at > bindparam("paused_since", type_=_instant)
    )
    new = select(
        _user,
        _kind,
        bindparam("now", type_=_instant),
        bindparam("scheduled_for", type_=_instant),
    ).where(~exists(select(under_way.c.id)), ~was_completed)
    made = (
        insert(UserPrivacyRequest)
        .from_select(["user_id", "request_kind", "requested_at", "scheduled_for"], new)
        .on_conflict_do_nothing()
        .returning(*JSON_COLUMNS)
        .cte("made")
    )
    given = union_all(select(*under_way.c), select(*made.c)).cte("given")
    event_recorded = recorded_event_of_user(made, "privacy_request", _user)
    return Statement(
        "privacy.make_request",
        select(*given.c).add_cte(event_recorded, stored_result(_user, request=given.c.id)),
    )


def _cancel() -> Statement:
    cancelled = (
        update(UserPrivacyRequest)
        .where(
            UserPrivacyRequest.id == bindparam("privacy_request_id", type_=BigInteger),
            UserPrivacyRequest.user_id == _user,
            UserPrivacyRequest.status == literal_text(PrivacyRequestStatus.REQUESTED),
        )
        .values(status=literal_text(PrivacyRequestStatus.CANCELLED))
        .returning(*JSON_COLUMNS)
        .cte("cancelled")
    )
    event_recorded = recorded_event_of_user(cancelled, "privacy_request", _user)
    return Statement("privacy.cancel", select(*cancelled.c).add_cte(event_recorded))


_REQUEST = _request()
_CANCEL = _cancel()


# Any: the event's values, as `services.mutations.audit.event` gives them.
@repository_method
async def request(
    connection: Connection,
    *,
    user_id: int,
    kind: str,
    claim_id: int,
    now: datetime,
    scheduled_for: datetime | None,
    paused_since: datetime | None,
    event: Mapping[str, Any],
) -> Row | None:
    """Return the person's open request of a kind; inserts one if there is none.

    The claimed key stores it as its result. None, and no change, if a request was completed after
    `paused_since`, or if a concurrent transaction has just inserted one.
    """
    rows = await connection.fetch(
        _REQUEST,
        user_id=user_id,
        kind=kind,
        claim_id=claim_id,
        now=now,
        scheduled_for=scheduled_for,
        paused_since=paused_since,
        **event,
    )
    return rows[0] if rows else None


# Any: the event's values, as `services.mutations.audit.event` gives them.
@repository_method
async def cancel(
    connection: Connection,
    user_id: int,
    privacy_request_id: int,
    *,
    now: datetime,
    event: Mapping[str, Any],
) -> Row | None:
    """Cancel a person's request that is not being processed; None if there is none."""
    rows = await connection.fetch(
        _CANCEL,
        user_id=user_id,
        privacy_request_id=privacy_request_id,
        now=now,
        **event,
    )
    return rows[0] if rows else None
