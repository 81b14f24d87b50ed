"""Statements about privacy requests."""

from collections.abc import Sequence

from asyncpg import Record
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from db.database import Connection
from db.queries.keyset import KeysetQuery
from db.statement import Statement
from db.tables import UserPrivacyRequest

_COLUMNS = (
    UserPrivacyRequest.id,
    UserPrivacyRequest.request_kind,
    UserPrivacyRequest.status,
    UserPrivacyRequest.requested_at,
    UserPrivacyRequest.scheduled_for,
    UserPrivacyRequest.completed_at,
    UserPrivacyRequest.error_reason,
)
REQUESTS_PAGE_BY_USER = KeysetQuery(
    "privacy.requests_page_by_user",
    columns=_COLUMNS,
    parent=UserPrivacyRequest.user_id,
    at=UserPrivacyRequest.requested_at,
    identity=UserPrivacyRequest.id,
    is_newest_first=True,
    filter_by=UserPrivacyRequest.request_kind,
)
"""The newest first; filtered by kind."""
_BY_ID = Statement(
    "privacy.requests_by_id",
    select(*_COLUMNS).where(
        UserPrivacyRequest.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        UserPrivacyRequest.user_id == bindparam("user_id"),
    ),
)


async def requests_by_id(connection: Connection, ids: Sequence[int], user_id: int) -> list[Record]:
    """Those of the requests `ids` that `user_id` made."""
    return await connection.fetch(_BY_ID, ids=ids, user_id=user_id)
