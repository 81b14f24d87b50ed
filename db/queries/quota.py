"""Statements about the use of daily quotas, and the ledger of its changes."""

from collections.abc import Sequence
from datetime import date, datetime

from asyncpg import Record
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.method import repository_method
from db.statement import Statement
from db.tables import DailyQuotaUsage, QuotaLedgerEntry

_USED_BY_USER = Statement(
    "quota.used_by_user",
    select(DailyQuotaUsage.user_id, DailyQuotaUsage.used).where(
        DailyQuotaUsage.user_id == any_(bindparam("user_ids", type_=ARRAY(BigInteger))),
        DailyQuotaUsage.usage_date == bindparam("day"),
    ),
)
_limit = bindparam("limit", type_=Integer)
_RESERVE = Statement(
    "quota.reserve",
    insert(DailyQuotaUsage)
    .from_select(
        ["user_id", "usage_date", "used"],
        select(
            bindparam("user_id", type_=BigInteger),
            bindparam("day", type_=DailyQuotaUsage.usage_date.type),
            literal_column("1"),
        ).where(_limit > 0),
    )
    .on_conflict_do_update(
        index_elements=[DailyQuotaUsage.user_id, DailyQuotaUsage.usage_date],
        set_={"used": DailyQuotaUsage.used + 1},
        where=DailyQuotaUsage.used < _limit,
    )
    .returning(DailyQuotaUsage.used),
)
_GIVE_BACK = Statement(
    "quota.give_back",
    update(DailyQuotaUsage)
    .where(
        DailyQuotaUsage.user_id == bindparam("of_user"),
        DailyQuotaUsage.usage_date == bindparam("day"),
    )
    .values(used=DailyQuotaUsage.used - 1),
)
_RECORD = Statement(
    "quota.record",
    insert(QuotaLedgerEntry).values(
        user_id=bindparam("user_id"),
        usage_date=bindparam("day"),
        kind=bindparam("kind"),
        units=bindparam("units"),
        reply_id=bindparam("reply_id", type_=BigInteger),
        occurred_at=bindparam("now"),
    ),
)
_entries = (
    select(
        QuotaLedgerEntry.user_id,
        QuotaLedgerEntry.usage_date,
        func.sum(QuotaLedgerEntry.units).label("units"),
    )
    .group_by(QuotaLedgerEntry.user_id, QuotaLedgerEntry.usage_date)
    .subquery("entries")
)
_counted, _recorded = func.coalesce(DailyQuotaUsage.used, 0), func.coalesce(_entries.c.units, 0)
_DIFFERENCES = Statement(
    "quota.differences",
    select(
        func.coalesce(DailyQuotaUsage.user_id, _entries.c.user_id).label("user_id"),
        func.coalesce(DailyQuotaUsage.usage_date, _entries.c.usage_date).label("usage_date"),
        _counted.label("counted"),
        _recorded.label("recorded"),
    )
    .select_from(DailyQuotaUsage)
    .join(
        _entries,
        (_entries.c.user_id == DailyQuotaUsage.user_id)
        & (_entries.c.usage_date == DailyQuotaUsage.usage_date),
        full=True,
    )
    .where(_counted != _recorded),
)


@repository_method
async def used_by_user(connection: Connection, user_ids: Sequence[int], day: date) -> list[Record]:
    """`(user_id, used)` for each user who used units on the UTC `day`."""
    return await connection.fetch(_USED_BY_USER, user_ids=user_ids, day=day)


@repository_method
async def reserve(connection: Connection, user_id: int, day: date, limit: int) -> bool:
    """Use one unit of the day while fewer than `limit` are used; False, and no change, if not."""
    return bool(await connection.fetch(_RESERVE, user_id=user_id, day=day, limit=limit))


@repository_method
async def give_back(connection: Connection, user_id: int, day: date) -> None:
    """Take one unit off what the day has used."""
    await connection.fetch(_GIVE_BACK, of_user=user_id, day=day)


@repository_method
async def record(
    connection: Connection,
    *,
    user_id: int,
    day: date,
    kind: str,
    units: int,
    reply_id: int | None,
    now: datetime,
) -> None:
    """Append an entry to the ledger."""
    await connection.fetch(
        _RECORD, user_id=user_id, day=day, kind=kind, units=units, reply_id=reply_id, now=now
    )


@repository_method
async def differences(connection: Connection) -> list[Record]:
    """The days, of all users, whose counter is not the sum of their ledger's entries."""
    return await connection.fetch(_DIFFERENCES)
