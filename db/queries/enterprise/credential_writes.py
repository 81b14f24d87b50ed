"""Statements that create and revoke API keys, each with its audit event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from db.database import Connection
from db.queries.audit import recorded_event_of_account
from db.queries.clauses.expressions import literal_text
from db.queries.clauses.idempotent_write import stored_result_of_account
from db.queries.enterprise.credentials import IS_ACCEPTED, JSON_COLUMNS
from db.row import Row
from db.statement import Statement, repository_method
from db.states import ApiCredentialStatus
from db.tables import EnterpriseAccount, EnterpriseAdministrator, EnterpriseCredential

_account = bindparam("account_id", type_=BigInteger)
_most = bindparam("most", type_=Integer)


def _add() -> Statement:
    accepted = select(func.count()).where(
        EnterpriseCredential.enterprise_account_id == _account, IS_ACCEPTED
    )
    new = select(
        _account,
        bindparam("key_id", type_=Text),
        bindparam("secret_hash", type_=LargeBinary),
        bindparam("now", type_=EnterpriseCredential.created_at.type),
    ).where(or_(_most.is_(None), accepted.scalar_subquery() < _most))
    added = (
        insert(EnterpriseCredential)
        .from_select(["enterprise_account_id", "key_id", "secret_hash", "created_at"], new)
        .returning(*JSON_COLUMNS)
        .cte("added")
    )
    event_recorded = recorded_event_of_account(added, "enterprise_credential", _account)
    return Statement(
        "credentials.add",
        select(*added.c).add_cte(
            event_recorded, stored_result_of_account(_account, credential_id=added.c.id)
        ),
    )


def _revoke() -> Statement:
    account = (
        select(EnterpriseAccount.id)
        .join(
            EnterpriseAdministrator,
            EnterpriseAdministrator.enterprise_account_id == EnterpriseAccount.id,
        )
        .where(EnterpriseAdministrator.user_id == bindparam("user_id"))
        .with_for_update(key_share=True, of=EnterpriseAccount)
        .cte("account")
    )
    revoked = (
        update(EnterpriseCredential)
        .where(
            EnterpriseCredential.id == bindparam("credential_id"),
            EnterpriseCredential.enterprise_account_id == account.c.id,
            EnterpriseCredential.status != literal_text(ApiCredentialStatus.REVOKED),
        )
        .values(status=literal_text(ApiCredentialStatus.REVOKED))
        .returning(*JSON_COLUMNS)
        .cte("revoked")
    )
    event_recorded = recorded_event_of_account(
        revoked, "enterprise_credential", revoked.c.enterprise_account_id
    )
    chosen = select(*revoked.c).select_from(account.outerjoin(revoked, true()))
    return Statement("credentials.revoke", chosen.add_cte(event_recorded))


_ADD = _add()
_REVOKE = _revoke()


# Any: the event's values, as `services.mutations.audit.event` gives them.
@repository_method
async def add(
    connection: Connection,
    account_id: int,
    *,
    key_id: str,
    secret_hash: bytes,
    most: int | None,
    claim_id: int | None,
    now: datetime,
    event: Mapping[str, Any],
) -> Row | None:
    """Insert an active credential of a locked account, and store it as the claimed key's result.

    None, and no change, if the account has `most` accepted credentials at `now` already.
    """
    rows = await connection.fetch(
        _ADD,
        account_id=account_id,
        key_id=key_id,
        secret_hash=secret_hash,
        most=most,
        claim_id=claim_id,
        now=now,
        **event,
    )
    return rows[0] if rows else None


# Any: as for `add`.
@repository_method
async def revoke(
    connection: Connection,
    user_id: int,
    credential_id: int,
    *,
    now: datetime,
    event: Mapping[str, Any],
) -> Row | None:
    """Lock the account that a person administers, and revoke one of its credentials.

    None if there is no account; a row of nulls if it has no such credential to revoke.
    """
    rows = await connection.fetch(
        _REVOKE, user_id=user_id, credential_id=credential_id, now=now, **event
    )
    return rows[0] if rows else None
