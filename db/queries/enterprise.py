"""Statements about companies, their keys and their use."""

from collections.abc import Sequence
from datetime import date

from asyncpg import Record
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, insert, select

from db.database import Connection
from db.statement import Statement
from db.tables import EnterpriseAccount, EnterpriseCredential, EnterpriseDailyUsage

_ACCOUNT_COLUMNS = (
    EnterpriseAccount.id,
    EnterpriseAccount.company_name,
    EnterpriseAccount.administrator_id,
)
_ACCOUNTS_BY_ID = Statement(
    "enterprise.accounts_by_id",
    select(*_ACCOUNT_COLUMNS).where(
        EnterpriseAccount.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    ),
)
_ACCOUNTS_BY_ADMINISTRATOR = Statement(
    "enterprise.accounts_by_administrator",
    select(*_ACCOUNT_COLUMNS).where(
        EnterpriseAccount.administrator_id == any_(bindparam("user_ids", type_=ARRAY(BigInteger)))
    ),
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
_CREDENTIAL_COLUMNS = (
    EnterpriseCredential.id,
    EnterpriseCredential.enterprise_account_id,
    EnterpriseCredential.key_id,
    EnterpriseCredential.status,
    EnterpriseCredential.created_at,
    EnterpriseCredential.last_used_at,
    EnterpriseCredential.expires_at,
)
_CREDENTIALS_BY_ACCOUNT = Statement(
    "enterprise.credentials_by_account",
    select(*_CREDENTIAL_COLUMNS)
    .where(
        EnterpriseCredential.enterprise_account_id
        == any_(bindparam("account_ids", type_=ARRAY(BigInteger)))
    )
    .order_by(EnterpriseCredential.created_at, EnterpriseCredential.id),
)
_CREDENTIALS_BY_ID = Statement(
    "enterprise.credentials_by_id",
    select(*_CREDENTIAL_COLUMNS)
    .join(EnterpriseAccount)
    .where(
        EnterpriseCredential.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        EnterpriseAccount.administrator_id == bindparam("user_id"),
    ),
)
_CREDENTIAL_BY_KEY = Statement(
    "enterprise.credential_by_key",
    select(*_CREDENTIAL_COLUMNS, EnterpriseCredential.secret_hash).where(
        EnterpriseCredential.key_id == bindparam("key_id")
    ),
)
_INSERT_CREDENTIAL = Statement(
    "enterprise.insert_credential",
    insert(EnterpriseCredential)
    .values(
        enterprise_account_id=bindparam("account_id"),
        key_id=bindparam("key_id"),
        secret_hash=bindparam("secret_hash"),
    )
    .returning(EnterpriseCredential.id),
)


async def accounts_by_id(connection: Connection, ids: Sequence[int]) -> list[Record]:
    """The accounts `ids` that exist."""
    return await connection.fetch(_ACCOUNTS_BY_ID, ids=ids)


async def accounts_by_administrator(
    connection: Connection, user_ids: Sequence[int]
) -> list[Record]:
    """The accounts that `user_ids` administer, at most one each."""
    return await connection.fetch(_ACCOUNTS_BY_ADMINISTRATOR, user_ids=user_ids)


async def usage_totals_by_account(
    connection: Connection, account_ids: Sequence[int], month_start: date, today: date
) -> list[Record]:
    """`month_count` and `day_count` (null for none) of each account with any use this month."""
    return await connection.fetch(
        _USAGE_TOTALS, account_ids=account_ids, month_start=month_start, today=today
    )


async def daily_usage_by_account(
    connection: Connection, account_ids: Sequence[int], first_day: date, last_day: date
) -> list[Record]:
    """The recorded days of each account from `first_day` to `last_day`, both included."""
    return await connection.fetch(
        _DAILY_USAGE, account_ids=account_ids, first_day=first_day, last_day=last_day
    )


async def credentials_by_account(
    connection: Connection, account_ids: Sequence[int]
) -> list[Record]:
    """Every credential of the accounts, oldest first."""
    return await connection.fetch(_CREDENTIALS_BY_ACCOUNT, account_ids=account_ids)


async def credentials_by_id(
    connection: Connection, ids: Sequence[int], user_id: int
) -> list[Record]:
    """Those of the credentials `ids` whose account `user_id` administers."""
    return await connection.fetch(_CREDENTIALS_BY_ID, ids=ids, user_id=user_id)


async def credential_by_key(connection: Connection, key_id: str) -> Record | None:
    """The credential, with its `secret_hash`, that the key's id part names."""
    rows = await connection.fetch(_CREDENTIAL_BY_KEY, key_id=key_id)
    return rows[0] if rows else None


async def insert_credential(
    connection: Connection, account_id: int, key_id: str, secret_hash: bytes
) -> int:
    """Add an active credential to an account and give its id."""
    rows = await connection.fetch(
        _INSERT_CREDENTIAL, account_id=account_id, key_id=key_id, secret_hash=secret_hash
    )
    return int(rows[0]["id"])
