"""Statements about the use of daily quotas."""

from collections.abc import Sequence
from datetime import date

from asyncpg import Record
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from db.database import Connection
from db.statement import Statement
from db.tables import DailyQuotaUsage

_USED_BY_USER = Statement(
    "quota.used_by_user",
    select(DailyQuotaUsage.user_id, DailyQuotaUsage.used).where(
        DailyQuotaUsage.user_id == any_(bindparam("user_ids", type_=ARRAY(BigInteger))),
        DailyQuotaUsage.usage_date == bindparam("day"),
    ),
)


async def used_by_user(connection: Connection, user_ids: Sequence[int], day: date) -> list[Record]:
    """`(user_id, used)` for each user who used units on the UTC `day`."""
    return await connection.fetch(_USED_BY_USER, user_ids=user_ids, day=day)
