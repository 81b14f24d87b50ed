"""Statements about companies' API keys."""

from collections.abc import Sequence
from datetime import datetime

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
    lateral,
    literal_column,
    or_,
    select,
    true,
    update,
)

from db.database import Connection
from db.queries.clauses.expressions import id_array, json_instant, literal_text
from db.queries.enterprise.enterprise_accounts import ACCOUNT_COLUMNS
from db.row import Row
from db.statement import Statement, repository_method
from db.states import ApiCredentialStatus
from db.tables import (
    EnterpriseAccount,
    EnterpriseAdministrator,
    EnterpriseCredential,
    EnterpriseKeyId,
)

_instant = DateTime(timezone=True)
COLUMNS = (
    EnterpriseCredential.id,
    EnterpriseCredential.enterprise_account_id,
    EnterpriseCredential.key_id,
    EnterpriseCredential.status,
    EnterpriseCredential.created_at,
    EnterpriseCredential.last_used_at,
    EnterpriseCredential.expires_at,
)
_accounts = id_array("account_ids")
IS_ACCEPTED = and_(
    EnterpriseCredential.status != literal_text(ApiCredentialStatus.REVOKED),
    or_(
        EnterpriseCredential.expires_at.is_(None),
        EnterpriseCredential.expires_at > bindparam("now", type_=_instant),
    ),
)
# An expired credential counts as revoked.
_status_now = case(
    (IS_ACCEPTED, EnterpriseCredential.status), else_=literal_text(ApiCredentialStatus.REVOKED)
)
_AT_NOW = (
    EnterpriseCredential.id,
    EnterpriseCredential.enterprise_account_id,
    EnterpriseCredential.key_id,
    _status_now.label("status"),
    EnterpriseCredential.created_at,
    EnterpriseCredential.last_used_at,
    EnterpriseCredential.expires_at,
)
_INSTANTS = frozenset({"created_at", "last_used_at", "expires_at"})
JSON_COLUMNS = tuple(json_instant(one) if one.key in _INSTANTS else one for one in _AT_NOW)
"""A credential's columns at `now`, with instants as JSON for answers."""
_newest = lateral(
    select(*_AT_NOW)
    .where(EnterpriseCredential.enterprise_account_id == _accounts.c.id)
    .order_by(~IS_ACCEPTED, EnterpriseCredential.created_at.desc(), EnterpriseCredential.id.desc())
    .limit(bindparam("most"))
).alias("newest")
_BY_ACCOUNT = Statement(
    "credentials.by_account",
    select(*(json_instant(one) if one.key in _INSTANTS else one for one in _newest.c))
    .select_from(_accounts.join(_newest, true()))
    .order_by(_newest.c.created_at, _newest.c.id),
)
_BY_ID = Statement(
    "credentials.by_id",
    select(*JSON_COLUMNS)
    .join(
        EnterpriseAdministrator,
        EnterpriseAdministrator.enterprise_account_id == EnterpriseCredential.enterprise_account_id,
    )
    .where(
        EnterpriseCredential.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        EnterpriseAdministrator.user_id == bindparam("user_id"),
    ),
)
_BY_KEY = Statement(
    "credentials.by_key",
    select(
        *ACCOUNT_COLUMNS,
        EnterpriseCredential.id.label("credential_id"),
        EnterpriseCredential.status,
        EnterpriseCredential.last_used_at,
        EnterpriseCredential.expires_at,
        EnterpriseCredential.secret_hash,
    )
    .join_from(
        EnterpriseKeyId,
        EnterpriseCredential,
        and_(
            EnterpriseCredential.enterprise_account_id == EnterpriseKeyId.enterprise_account_id,
            EnterpriseCredential.id == EnterpriseKeyId.credential_id,
        ),
    )
    .join(EnterpriseAccount, EnterpriseAccount.id == EnterpriseCredential.enterprise_account_id)
    .where(EnterpriseKeyId.key_id == bindparam("key_id")),
)
_of_account = (
    EnterpriseCredential.id == bindparam("credential_id"),
    EnterpriseCredential.enterprise_account_id == bindparam("account_id"),
)
_OF_ACCOUNT = Statement(
    "credentials.of_account",
    select(*COLUMNS).where(*_of_account),
)
_RETIRE = Statement(
    "credentials.retire",
    update(EnterpriseCredential)
    .where(*_of_account)
    .values(
        status=literal_text(ApiCredentialStatus.RETIRING),
        # An earlier end is kept; LEAST ignores a null.
        expires_at=func.least(EnterpriseCredential.expires_at, bindparam("at", type_=_instant)),
    )
    .returning(EnterpriseCredential.expires_at),
)
_used = (
    func.unnest(
        bindparam("account_ids", type_=ARRAY(BigInteger)),
        bindparam("ids", type_=ARRAY(BigInteger)),
        bindparam("instants", type_=ARRAY(_instant)),
    )
    .table_valued(
        column("account_id", BigInteger),
        column("id", BigInteger),
        column("used_at", _instant),
        name="used",
    )
    .render_derived(name="used")
)
_NOTE_USES = Statement(
    "credentials.note_uses",
    update(EnterpriseCredential)
    .where(
        EnterpriseCredential.enterprise_account_id == _used.c.account_id,
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
) -> list[Row]:
    """The `most` newest credentials of each account, oldest first, with their status at `now`.

    Accepted credentials are preferred over revoked and expired ones.
    """
    return await connection.fetch(_BY_ACCOUNT, account_ids=account_ids, most=most, now=now)


@repository_method
async def by_id(
    connection: Connection, ids: Sequence[int], user_id: int, *, now: datetime
) -> list[Row]:
    """Those of the credentials `ids` whose account `user_id` administers, as they are at `now`."""
    return await connection.fetch(_BY_ID, ids=ids, user_id=user_id, now=now)


@repository_method
async def by_key(connection: Connection, key_id: str) -> Row | None:
    """The account of the credential with this `key_id`, and what decides on accepting the key.

    `id` is the account's.
    """
    rows = await connection.fetch(_BY_KEY, key_id=key_id)
    return rows[0] if rows else None


@repository_method
async def of_account(connection: Connection, account_id: int, credential_id: int) -> Row | None:
    """The credential, if it is the account's."""
    rows = await connection.fetch(_OF_ACCOUNT, account_id=account_id, credential_id=credential_id)
    return rows[0] if rows else None


@repository_method
async def retire(
    connection: Connection, account_id: int, credential_id: int, at: datetime
) -> datetime:
    """Retire the account's credential at `at`, or at its earlier end; returns that instant."""
    rows = await connection.fetch(
        _RETIRE, account_id=account_id, credential_id=credential_id, at=at
    )
    expires_at: datetime = rows[0]["expires_at"]
    return expires_at


@repository_method
async def note_uses(
    connection: Connection,
    account_ids: Sequence[int],
    ids: Sequence[int],
    instants: Sequence[datetime],
) -> None:
    """Update when credentials were last used, if that is a minute later than what is stored."""
    await connection.fetch(_NOTE_USES, account_ids=account_ids, ids=ids, instants=instants)
