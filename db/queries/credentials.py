"""Statements about companies' API keys."""

from collections.abc import Sequence
from datetime import datetime

from asyncpg import Record
from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    and_,
    any_,
    bindparam,
    case,
    column,
    func,
    insert,
    lateral,
    literal_column,
    or_,
    select,
    true,
    update,
)

from db.database import Connection
from db.method import repository_method
from db.queries.instants import shown
from db.queries.unnested import unnested
from db.statement import Statement
from db.tables import EnterpriseAccount, EnterpriseCredential

_instant = DateTime(timezone=True)
_COLUMNS = (
    EnterpriseCredential.id,
    EnterpriseCredential.enterprise_account_id,
    EnterpriseCredential.key_id,
    EnterpriseCredential.status,
    EnterpriseCredential.created_at,
    EnterpriseCredential.last_used_at,
    EnterpriseCredential.expires_at,
)
_accounts = unnested("account_ids")
_opens = and_(
    EnterpriseCredential.status != literal_column("'revoked'"),
    or_(
        EnterpriseCredential.expires_at.is_(None),
        EnterpriseCredential.expires_at > bindparam("now", type_=_instant),
    ),
)
# What has expired is as what was revoked.
_status_now = case((_opens, EnterpriseCredential.status), else_=literal_column("'revoked'"))
_NOW = (
    EnterpriseCredential.id,
    EnterpriseCredential.enterprise_account_id,
    EnterpriseCredential.key_id,
    _status_now.label("status"),
    EnterpriseCredential.created_at,
    EnterpriseCredential.last_used_at,
    EnterpriseCredential.expires_at,
)
_INSTANTS = frozenset({"created_at", "last_used_at", "expires_at"})
_newest = lateral(
    select(*_NOW)
    .where(EnterpriseCredential.enterprise_account_id == _accounts.c.id)
    .order_by(~_opens, EnterpriseCredential.created_at.desc(), EnterpriseCredential.id.desc())
    .limit(bindparam("most"))
).alias("newest")
_BY_ACCOUNT = Statement(
    "credentials.by_account",
    select(*(shown(one) if one.key in _INSTANTS else one for one in _newest.c))
    .select_from(_accounts.join(_newest, true()))
    .order_by(_newest.c.created_at, _newest.c.id),
)
_BY_ID = Statement(
    "credentials.by_id",
    select(*(shown(one) if one.key in _INSTANTS else one for one in _NOW))
    .join(EnterpriseAccount)
    .where(
        EnterpriseCredential.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        EnterpriseAccount.administrator_id == bindparam("user_id"),
    ),
)
_BY_KEY = Statement(
    "credentials.by_key",
    select(*_COLUMNS, EnterpriseCredential.secret_hash).where(
        EnterpriseCredential.key_id == bindparam("key_id")
    ),
)
_INSERT = Statement(
    "credentials.insert",
    insert(EnterpriseCredential)
    .values(
        enterprise_account_id=bindparam("account_id"),
        key_id=bindparam("key_id"),
        secret_hash=bindparam("secret_hash"),
        created_at=bindparam("now"),
    )
    .returning(EnterpriseCredential.id),
)
_of_account = (
    EnterpriseCredential.id == bindparam("credential_id"),
    EnterpriseCredential.enterprise_account_id == bindparam("account_id"),
)
_COUNT_ACCEPTED = Statement(
    "credentials.count_accepted",
    select(func.count().label("accepted")).where(
        EnterpriseCredential.enterprise_account_id == bindparam("account_id"),
        _opens,
    ),
)
_OF_ACCOUNT = Statement(
    "credentials.of_account",
    select(*_COLUMNS).where(*_of_account),
)
_RETIRE = Statement(
    "credentials.retire",
    update(EnterpriseCredential)
    .where(*_of_account)
    .values(
        status=literal_column("'retiring'"),
        # Whatever ended sooner anyway still does: LEAST ignores a null.
        expires_at=func.least(EnterpriseCredential.expires_at, bindparam("at", type_=_instant)),
    )
    .returning(EnterpriseCredential.expires_at),
)
_REVOKE = Statement(
    "credentials.revoke",
    update(EnterpriseCredential)
    .where(*_of_account, EnterpriseCredential.status != literal_column("'revoked'"))
    .values(status=literal_column("'revoked'"))
    .returning(EnterpriseCredential.key_id),
)
_used = (
    func.unnest(
        bindparam("ids", type_=ARRAY(BigInteger)), bindparam("instants", type_=ARRAY(_instant))
    )
    .table_valued(column("id", BigInteger), column("used_at", _instant), name="used")
    .render_derived(name="used")
)
_NOTE_USES = Statement(
    "credentials.note_uses",
    update(EnterpriseCredential)
    .where(
        EnterpriseCredential.id == _used.c.id,
        or_(
            EnterpriseCredential.last_used_at.is_(None),
            EnterpriseCredential.last_used_at
            <= _used.c.used_at - literal_column("interval '1 minute'"),
        ),
    )
    .values(last_used_at=_used.c.used_at),
)


@repository_method
async def by_account(
    connection: Connection, account_ids: Sequence[int], most: int, now: datetime
) -> list[Record]:
    """The `most` newest credentials of each account, oldest first, with their status at `now`.

    Those that open no door then are the last to be chosen.
    """
    return await connection.fetch(_BY_ACCOUNT, account_ids=account_ids, most=most, now=now)


@repository_method
async def by_id(
    connection: Connection, ids: Sequence[int], user_id: int, *, now: datetime
) -> list[Record]:
    """Those of the credentials `ids` whose account `user_id` administers, as they are at `now`."""
    return await connection.fetch(_BY_ID, ids=ids, user_id=user_id, now=now)


@repository_method
async def by_key(connection: Connection, key_id: str) -> Record | None:
    """The credential, with its `secret_hash`, that the key's id part names."""
    rows = await connection.fetch(_BY_KEY, key_id=key_id)
    return rows[0] if rows else None


@repository_method
async def of_account(connection: Connection, account_id: int, credential_id: int) -> Record | None:
    """The credential, where it is the account's."""
    rows = await connection.fetch(_OF_ACCOUNT, account_id=account_id, credential_id=credential_id)
    return rows[0] if rows else None


@repository_method
async def count_accepted(connection: Connection, account_id: int, now: datetime) -> int:
    """How many keys of the account open the door at `now`."""
    rows = await connection.fetch(_COUNT_ACCEPTED, account_id=account_id, now=now)
    return int(rows[0]["accepted"])


@repository_method
async def insert_credential(
    connection: Connection, account_id: int, key_id: str, secret_hash: bytes, now: datetime
) -> int:
    """Add an active credential to an account and give its id."""
    rows = await connection.fetch(
        _INSERT, account_id=account_id, key_id=key_id, secret_hash=secret_hash, now=now
    )
    return int(rows[0]["id"])


@repository_method
async def retire(
    connection: Connection, account_id: int, credential_id: int, at: datetime
) -> datetime:
    """Let the account's credential end at `at`, or before if it does; give when."""
    rows = await connection.fetch(
        _RETIRE, account_id=account_id, credential_id=credential_id, at=at
    )
    expires_at: datetime = rows[0]["expires_at"]
    return expires_at


@repository_method
async def revoke(connection: Connection, account_id: int, credential_id: int) -> bool:
    """Close the door to the account's credential; False where that had been done."""
    rows = await connection.fetch(_REVOKE, account_id=account_id, credential_id=credential_id)
    return bool(rows)


@repository_method
async def note_uses(
    connection: Connection, ids: Sequence[int], instants: Sequence[datetime]
) -> None:
    """Say when credentials were last used, where what is known is a minute older."""
    await connection.fetch(_NOTE_USES, ids=ids, instants=instants)
