"""Statements about privacy requests."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select

from db.database import Connection
from db.queries.clauses.expressions import json_instant
from db.queries.clauses.keyset_query import KeysetQuery
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import (
    ARCHIVED_ERASURE_COUNTS,
    ARCHIVED_REQUESTS,
    PrivacyRequestOwner,
    UserPrivacyRequest,
)

_COLUMNS = (
    UserPrivacyRequest.id,
    UserPrivacyRequest.request_kind,
    UserPrivacyRequest.status,
    UserPrivacyRequest.requested_at,
    UserPrivacyRequest.scheduled_for,
    UserPrivacyRequest.completed_at,
    UserPrivacyRequest.error_reason,
    UserPrivacyRequest.remaining_references,
    UserPrivacyRequest.verified_at,
)
_INSTANTS = frozenset({"requested_at", "scheduled_for", "completed_at", "verified_at"})
JSON_COLUMNS = tuple(json_instant(one) if one.key in _INSTANTS else one for one in _COLUMNS)
REQUESTS_PAGE_BY_USER = KeysetQuery(
    "privacy.requests_page_by_user",
    columns=JSON_COLUMNS,
    parent=UserPrivacyRequest.user_id,
    at=UserPrivacyRequest.requested_at,
    identity=UserPrivacyRequest.id,
    is_newest_first=True,
    filters={"kind": UserPrivacyRequest.request_kind == bindparam("kind")},
)
"""The newest first; filtered by kind."""
_AMONG_IDS = UserPrivacyRequest.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
_BY_ID = Statement(
    "privacy.requests_by_id",
    select(*JSON_COLUMNS).where(_AMONG_IDS, UserPrivacyRequest.user_id == bindparam("user_id")),
)
_OWNER = Statement(
    "privacy.request_owner",
    select(PrivacyRequestOwner.user_id).where(
        PrivacyRequestOwner.request_id == bindparam("request_id")
    ),
)
_ARCHIVED = [ARCHIVED_REQUESTS.c[one.key] for one in _COLUMNS]
_OF_NOBODY = Statement(
    "privacy.requests_of_nobody",
    select(*(json_instant(one) if one.key in _INSTANTS else one for one in _ARCHIVED)).where(
        ARCHIVED_REQUESTS.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    ),
)
_counts = ARCHIVED_ERASURE_COUNTS.c
_ERASED_TABLES = Statement(
    "privacy.erased_tables",
    select(_counts.request_id, _counts.table_name, _counts.row_count)
    .where(
        _counts.request_id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        _counts.row_count > 0,
    )
    .order_by(_counts.request_id, _counts.table_name),
)
_OF_KIND = (
    UserPrivacyRequest.user_id == bindparam("of_user"),
    UserPrivacyRequest.request_kind == bindparam("kind"),
)
_NEWEST_COMPLETION = Statement(
    "privacy.newest_completion",
    select(func.max(UserPrivacyRequest.completed_at).label("completed_at")).where(*_OF_KIND),
)


@repository_method
async def requests_by_id(connection: Connection, ids: Sequence[int], user_id: int) -> list[Row]:
    """Those of the requests `ids` that `user_id` made."""
    return await connection.fetch(_BY_ID, ids=ids, user_id=user_id)


@repository_method
async def request_owner(connection: Connection, request_id: int) -> int | None:
    """Who made a request; None if there is none, or if the person has been erased."""
    rows = await connection.fetch(_OWNER, request_id=request_id)
    return rows[0]["user_id"] if rows else None


@repository_method
async def requests_of_nobody(connection: Connection, ids: Sequence[int]) -> list[Row]:
    """Those of the requests `ids` whose person has been erased."""
    return await connection.fetch(_OF_NOBODY, ids=ids)


@repository_method
async def erased_tables(connection: Connection, request_ids: Sequence[int]) -> list[Row]:
    """`(request_id, table_name, row_count)` of the rows that ended erasures erased, by table."""
    return await connection.fetch(_ERASED_TABLES, ids=request_ids)


@repository_method
async def newest_completion(connection: Connection, user_id: int, kind: str) -> datetime | None:
    """When the person's last request of a kind was completed."""
    completed_at: datetime | None = (
        await connection.fetch(_NEWEST_COMPLETION, of_user=user_id, kind=kind)
    )[0]["completed_at"]
    return completed_at
