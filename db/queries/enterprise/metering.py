"""Statements about the units that companies use."""

from datetime import date

from sqlalchemy import (
    BigInteger,
    Boolean,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.queries.clauses.expressions import literal_text
from db.statement import Statement, repository_method
from db.states import ApiCredentialStatus
from db.tables import EnterpriseAccount, EnterpriseCredential, EnterpriseDailyUsage

_HOLD_ACCOUNT = Statement(
    "metering.hold_account",
    select(EnterpriseAccount.id)
    .where(EnterpriseAccount.id == bindparam("account_id"))
    .with_for_update(key_share=True),
)
_account_id = bindparam("account_id", type_=BigInteger)
_day = bindparam("day", type_=EnterpriseDailyUsage.usage_date.type)
_used = (
    select(
        func.coalesce(func.sum(EnterpriseDailyUsage.request_count), 0).label("in_month"),
        func.coalesce(
            func.sum(EnterpriseDailyUsage.request_count).filter(
                EnterpriseDailyUsage.usage_date == _day
            ),
            0,
        ).label("in_day"),
    )
    .where(
        EnterpriseDailyUsage.enterprise_account_id == _account_id,
        EnterpriseDailyUsage.usage_date >= bindparam("month_start"),
        EnterpriseDailyUsage.usage_date < bindparam("month_end"),
    )
    .cte("used")
)
_is_over = or_(
    _used.c.in_day >= bindparam("daily_limit", type_=BigInteger),
    _used.c.in_month >= bindparam("monthly_limit", type_=BigInteger),
)
_is_accepted = (
    select(EnterpriseCredential.id)
    .where(
        EnterpriseCredential.id == bindparam("credential_id"),
        EnterpriseCredential.enterprise_account_id == _account_id,
        EnterpriseCredential.status != literal_text(ApiCredentialStatus.REVOKED),
    )
    .exists()
)
_CHARGE = Statement(
    "metering.charge",
    insert(EnterpriseDailyUsage)
    .from_select(
        ["enterprise_account_id", "usage_date", "request_count"],
        select(_account_id, _day, literal_column("1"))
        .select_from(_used)
        .where(_is_accepted, or_(bindparam("serves_overage", type_=Boolean), ~_is_over)),
    )
    .add_cte(_used)
    .on_conflict_do_update(
        index_elements=[
            EnterpriseDailyUsage.usage_date,
            EnterpriseDailyUsage.enterprise_account_id,
        ],
        set_={"request_count": EnterpriseDailyUsage.request_count + 1},
    )
    .returning(select(_is_over).select_from(_used).scalar_subquery().label("is_overage")),
)
_GIVE_BACK = Statement(
    "metering.give_back",
    update(EnterpriseDailyUsage)
    .where(
        EnterpriseDailyUsage.enterprise_account_id == bindparam("of_account"),
        EnterpriseDailyUsage.usage_date == bindparam("day"),
    )
    .values(request_count=EnterpriseDailyUsage.request_count - 1),
)


@repository_method
async def hold_account(connection: Connection, account_id: int) -> None:
    """Lock the account against charges and changes of its keys, until the transaction ends."""
    await connection.fetch(_HOLD_ACCOUNT, account_id=account_id)


@repository_method
async def charge(
    connection: Connection,
    *,
    account_id: int,
    credential_id: int,
    day: date,
    month_start: date,
    month_end: date,
    daily_limit: int,
    monthly_limit: int,
    serves_overage: bool,
) -> bool | None:
    """Count a unit on `day`, and return whether it exceeds a limit; None if it is refused.

    It is refused if the key is revoked, and over a limit unless overage is served. `month_end` is
    the first day of the next month. The limits are exact if the account is locked.
    """
    rows = await connection.fetch(
        _CHARGE,
        account_id=account_id,
        credential_id=credential_id,
        day=day,
        month_start=month_start,
        month_end=month_end,
        daily_limit=daily_limit,
        monthly_limit=monthly_limit,
        serves_overage=serves_overage,
    )
    return rows[0]["is_overage"] if rows else None


@repository_method
async def give_back(connection: Connection, account_id: int, day: date) -> None:
    """Subtract one unit from the day's count."""
    await connection.fetch(_GIVE_BACK, of_account=account_id, day=day)
