"""Statements about the use of daily quotas, and the ledger of its changes."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Insert,
    any_,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)

from db.database import Connection
from db.queries.clauses.expressions import literal_text
from db.row import Row
from db.statement import Statement, repository_method
from db.states import QuotaEntryKind
from db.tables import DailyQuotaUsage, QuotaLedgerEntry

_USED_BY_USER = Statement(
    "quota.used_by_user",
    select(DailyQuotaUsage.user_id, DailyQuotaUsage.used).where(
        DailyQuotaUsage.user_id == any_(bindparam("user_ids", type_=ARRAY(BigInteger))),
        DailyQuotaUsage.usage_date == bindparam("day"),
    ),
)
_given_back = (
    update(DailyQuotaUsage)
    .where(
        DailyQuotaUsage.user_id == bindparam("user_id"),
        DailyQuotaUsage.usage_date == bindparam("day"),
    )
    .values(used=DailyQuotaUsage.used - literal_column("1"))
    .cte("given_back")
)


def _entry(kind: QuotaEntryKind, units: int) -> Insert:
    return insert(QuotaLedgerEntry).values(
        user_id=bindparam("user_id"),
        usage_date=bindparam("day"),
        kind=literal_text(kind),
        units=literal_column(str(units)),
        reply_id=bindparam("reply_id", type_=BigInteger),
        occurred_at=bindparam("now"),
    )


_SETTLE = Statement("quota.settle", _entry(QuotaEntryKind.SETTLE, 0))
_RELEASE = Statement("quota.release", _entry(QuotaEntryKind.RELEASE, -1).add_cte(_given_back))
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
async def used_by_user(connection: Connection, user_ids: Sequence[int], day: date) -> list[Row]:
    """`(user_id, used)` for each user who used units on the UTC `day`."""
    return await connection.fetch(_USED_BY_USER, user_ids=user_ids, day=day)


@repository_method
async def settle(
    connection: Connection, *, user_id: int, day: date, reply_id: int, now: datetime
) -> None:
    """Record in the ledger that a reply's unit is spent."""
    await connection.fetch(_SETTLE, user_id=user_id, day=day, reply_id=reply_id, now=now)


@repository_method
async def release(
    connection: Connection, *, user_id: int, day: date, reply_id: int, now: datetime
) -> None:
    """Record in the ledger that a reply's unit is given back, and subtract it from the day."""
    await connection.fetch(_RELEASE, user_id=user_id, day=day, reply_id=reply_id, now=now)


@repository_method
async def differences(connection: Connection) -> list[Row]:
    """The days of all users on which the counter differs from the sum of the ledger's entries."""
    return await connection.fetch(_DIFFERENCES)
