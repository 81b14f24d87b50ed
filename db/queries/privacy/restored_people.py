"""Statements about people who were erased, and are in a restored database all the same."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection, Transaction
from db.queries.clauses.expressions import literal_text
from db.statement import Statement, repository_method
from db.states import PrivacyRequestKind
from db.tables import User, UserPrivacyRequest

_instant = User.created_at.type
_INCARNATION = Statement(
    "restored_people.incarnation",
    text(
        "SELECT concat_ws(' ', pg_postmaster_start_time(), pg_relation_filenode('users'), oid)"
        " AS incarnation FROM pg_database WHERE datname = current_database()"
    ),
)
_ERASED = (
    func.unnest(
        bindparam("ids", type_=ARRAY(BigInteger)), bindparam("instants", type_=ARRAY(_instant))
    )
    .table_valued(Column("id", BigInteger), Column("erased_at", _instant))
    .render_derived("erased")
)
# Somebody with the same id who came later is somebody else, and who is being erased is no caller.
_RETURNED = Statement(
    "restored_people.returned",
    select(User.id)
    .join(_ERASED, and_(_ERASED.c.id == User.id, User.created_at < _ERASED.c.erased_at))
    .where(User.erasure_began_at.is_(None))
    .distinct()
    .order_by(User.id),
)
_now = bindparam("now", type_=_instant)
_new = select(
    func.unnest(bindparam("ids", type_=ARRAY(BigInteger))),
    literal_text(PrivacyRequestKind.DELETE),
    _now,
    _now,
)
_REQUEST = Statement(
    "restored_people.request_erasures",
    insert(UserPrivacyRequest)
    .from_select(["user_id", "request_kind", "requested_at", "scheduled_for"], _new)
    .on_conflict_do_update(
        index_elements=[UserPrivacyRequest.user_id, UserPrivacyRequest.request_kind],
        index_where=literal_column("status IN ('requested', 'processing')"),
        set_={"scheduled_for": _now},
    )
    .returning(UserPrivacyRequest.id),
)
_RESERVE = Statement(
    "restored_people.reserve_ids",
    text(
        "SELECT setval(pg_get_serial_sequence('users', 'id'), greatest(nextval("
        "pg_get_serial_sequence('users', 'id')), CAST(:newest AS bigint)))"
    ).bindparams(bindparam("newest", type_=BigInteger)),
)


@repository_method
async def incarnation(connection: Connection) -> str:
    """A text that is another one after the server, the database or its people were replaced."""
    rows = await connection.fetch(_INCARNATION)
    return str(rows[0]["incarnation"])


@repository_method
async def returned(
    connection: Connection, ids: Sequence[int], instants: Sequence[datetime]
) -> list[int]:
    """Which of the people `ids`, erased at `instants`, are there and are not being erased."""
    rows = await connection.fetch(_RETURNED, ids=ids, instants=instants)
    return [row["id"] for row in rows]


@repository_method
async def request_erasures(
    transaction: Transaction, ids: Sequence[int], now: datetime
) -> list[int]:
    """Request erasures that are due now, and return the requests' ids."""
    return [row["id"] for row in await transaction.fetch(_REQUEST, ids=ids, now=now)]


@repository_method
async def reserve_ids(transaction: Transaction, newest: int) -> None:
    """Continue the ids of people behind `newest`, unless they already do."""
    await transaction.fetch(_RESERVE, newest=newest)
