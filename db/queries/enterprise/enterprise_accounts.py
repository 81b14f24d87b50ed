"""Statements about companies and their daily use."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select

from db.database import Connection
from db.row import Row
from db.statement import Statement, repository_method
from db.states import ApiCredentialStatus
from db.tables import (
    EnterpriseAccount,
    EnterpriseAdministrator,
    EnterpriseCredential,
    EnterpriseDailyUsage,
)

ACCOUNT_COLUMNS = (
    EnterpriseAccount.id,
    EnterpriseAccount.company_name,
    EnterpriseAccount.administrator_id,
)
_ACCOUNTS_BY_ID = Statement(
    "enterprise.accounts_by_id",
    select(*ACCOUNT_COLUMNS).where(
        EnterpriseAccount.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    ),
)
_administered = select(EnterpriseAdministrator.enterprise_account_id).where(
    EnterpriseAdministrator.user_id == any_(bindparam("user_ids", type_=ARRAY(BigInteger)))
)
_ACCOUNTS_BY_ADMINISTRATOR = Statement(
    "enterprise.accounts_by_administrator",
    # As an array the planner looks each of the few ids up in the index.
    select(*ACCOUNT_COLUMNS).where(
        EnterpriseAccount.id == any_(func.array(_administered.scalar_subquery()))
    ),
)
_ACCOUNTS_AFTER = Statement(
    "enterprise.accounts_after",
    select(
        *ACCOUNT_COLUMNS,
        select(func.count())
        .where(
            EnterpriseCredential.enterprise_account_id == EnterpriseAccount.id,
            EnterpriseCredential.status == ApiCredentialStatus.ACTIVE,
        )
        .scalar_subquery()
        .label("active_keys"),
    )
    .where(EnterpriseAccount.id > bindparam("after"))
    .order_by(EnterpriseAccount.id)
    .limit(bindparam("most")),
)
_HOLD_ADMINISTERED = Statement(
    "enterprise.hold_administered",
    select(EnterpriseAccount.id)
    .join(
        EnterpriseAdministrator,
        EnterpriseAdministrator.enterprise_account_id == EnterpriseAccount.id,
    )
    .where(EnterpriseAdministrator.user_id == bindparam("user_id"))
    .with_for_update(key_share=True, of=EnterpriseAccount),
)
_of_accounts = EnterpriseDailyUsage.enterprise_account_id == any_(
    bindparam("account_ids", type_=ARRAY(BigInteger))
)
_USAGE_TOTALS = Statement(
    "enterprise.usage_totals_by_account",
    select(
        EnterpriseDailyUsage.enterprise_account_id,
        func.sum(EnterpriseDailyUsage.request_count).label("month_count"),
        func.sum(EnterpriseDailyUsage.request_count)
        .filter(EnterpriseDailyUsage.usage_date == bindparam("today"))
        .label("day_count"),
    )
    .where(
        _of_accounts,
        EnterpriseDailyUsage.usage_date.between(bindparam("month_start"), bindparam("today")),
    )
    .group_by(EnterpriseDailyUsage.enterprise_account_id),
)
_DAILY_USAGE = Statement(
    "enterprise.daily_usage_by_account",
    select(
        EnterpriseDailyUsage.enterprise_account_id,
        EnterpriseDailyUsage.usage_date,
        EnterpriseDailyUsage.request_count,
    ).where(
        _of_accounts,
        EnterpriseDailyUsage.usage_date.between(bindparam("first_day"), bindparam("last_day")),
    ),
)


@repository_method
async def accounts_by_id(connection: Connection, ids: Sequence[int]) -> list[Row]:
    """The accounts `ids` that exist."""
    return await connection.fetch(_ACCOUNTS_BY_ID, ids=ids)


@repository_method
async def accounts_by_administrator(connection: Connection, user_ids: Sequence[int]) -> list[Row]:
    """The accounts that `user_ids` administer, at most one each."""
    return await connection.fetch(_ACCOUNTS_BY_ADMINISTRATOR, user_ids=user_ids)


@repository_method
async def accounts_after(connection: Connection, after: int, most: int) -> list[Row]:
    """At most `most` accounts with ids above `after`, by id, and their `active_keys`."""
    return await connection.fetch(_ACCOUNTS_AFTER, after=after, most=most)


@repository_method
async def hold_administered(connection: Connection, user_id: int) -> int | None:
    """The account that `user_id` administers, locked until the transaction ends."""
    rows = await connection.fetch(_HOLD_ADMINISTERED, user_id=user_id)
    return rows[0]["id"] if rows else None


@repository_method
async def usage_totals_by_account(
    connection: Connection, account_ids: Sequence[int], month_start: date, today: date
) -> list[Row]:
    """`month_count` and `day_count` (null for none) of each account with any use this month."""
    return await connection.fetch(
        _USAGE_TOTALS, account_ids=account_ids, month_start=month_start, today=today
    )


@repository_method
async def daily_usage_by_account(
    connection: Connection, account_ids: Sequence[int], first_day: date, last_day: date
) -> list[Row]:
    """The recorded days of each account from `first_day` to `last_day`, both included."""
    return await connection.fetch(
        _DAILY_USAGE, account_ids=account_ids, first_day=first_day, last_day=last_day
    )
