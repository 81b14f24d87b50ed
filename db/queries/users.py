"""Statements about people."""

from collections.abc import Sequence

from asyncpg import Record
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from db.database import Connection
from db.statement import Statement
from db.tables import User

_BY_ID = Statement(
    "users.by_id",
    select(User.id, User.email, User.created_at).where(
        User.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    ),
)
_HOLD = Statement(
    "users.hold",
    select(User.id)
    .where(User.id == bindparam("user_id"))
    .with_for_update(key_share=True, read=True),
)
_LOCK = Statement(
    "users.lock",
    select(User.id).where(User.id == bindparam("user_id")).with_for_update(key_share=True),
)


async def by_id(connection: Connection, ids: Sequence[int]) -> list[Record]:
    """The users `ids` that exist."""
    return await connection.fetch(_BY_ID, ids=ids)


async def hold(connection: Connection, user_id: int) -> bool:
    """Keep a person from being removed until the transaction ends; False where there is none."""
    return bool(await connection.fetch(_HOLD, user_id=user_id))


async def lock(connection: Connection, user_id: int) -> bool:
    """Do what is done for a person one after the other; False where there is none."""
    return bool(await connection.fetch(_LOCK, user_id=user_id))
