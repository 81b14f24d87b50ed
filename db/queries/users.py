"""Statements about people."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select, update

from db.database import Connection
from db.queries.clauses.expressions import literal_text
from db.row import Row
from db.statement import Statement, repository_method
from db.states import PrivacyRequestKind, PrivacyRequestStatus
from db.tables import User, UserPrivacyRequest

_BY_ID = Statement(
    "users.by_id",
    select(User.id, User.email, User.created_at).where(
        User.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    ),
)
_THERE = select(User.id).where(User.id == bindparam("user_id"), User.erasure_began_at.is_(None))
_IS_THERE = Statement("users.is_there", _THERE)
# Literals, because the planner cannot match parameters with the partial index's condition.
_UNDER_ERASURE = Statement(
    "users.under_erasure",
    select(UserPrivacyRequest.user_id).where(
        UserPrivacyRequest.request_kind == literal_text(PrivacyRequestKind.DELETE),
        UserPrivacyRequest.status == literal_text(PrivacyRequestStatus.PROCESSING),
    ),
)
_LOCK = Statement("users.lock", _THERE.with_for_update(key_share=True))
_LOCK_OUT = Statement(
    "users.lock_out", select(User.id).where(User.id == bindparam("user_id")).with_for_update()
)
_BEGIN_ERASURE = Statement(
    "users.begin_erasure",
    update(User)
    .where(User.id == bindparam("user_id"), User.erasure_began_at.is_(None))
    .values(erasure_began_at=bindparam("now")),
)


@repository_method
async def by_id(connection: Connection, ids: Sequence[int]) -> list[Row]:
    """The users `ids` that exist."""
    return await connection.fetch(_BY_ID, ids=ids)


@repository_method
async def under_erasure(connection: Connection) -> list[int]:
    """The users who are being erased."""
    return [row["user_id"] for row in await connection.fetch(_UNDER_ERASURE)]


@repository_method
async def is_there(connection: Connection, user_id: int) -> bool:
    """Whether the person exists and is not being erased."""
    return bool(await connection.fetch(_IS_THERE, user_id=user_id))


@repository_method
async def lock(connection: Connection, user_id: int) -> bool:
    """Lock the person, so that concurrent transactions take turns; False if there is none."""
    return bool(await connection.fetch(_LOCK, user_id=user_id))


@repository_method
async def lock_out(connection: Connection, user_id: int) -> None:
    """Lock the person exclusively: waits for, then excludes, all that is done for or by them."""
    await connection.fetch(_LOCK_OUT, user_id=user_id)


@repository_method
async def begin_erasure(connection: Connection, user_id: int, now: datetime) -> None:
    """Mark the person as being erased, unless they are already."""
    await connection.fetch(_BEGIN_ERASURE, user_id=user_id, now=now)
