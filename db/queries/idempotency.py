"""Statements about idempotency keys, of people and of companies."""

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from db.database import Connection
from db.queries.clauses.idempotent_write import claimed_key, locked_person, result_for
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import EnterpriseIdempotencyKey, IdempotencyKey

_CLAIM_OF_ACCOUNT = Statement(
    "idempotency.claim",
    insert(EnterpriseIdempotencyKey)
    .values(
        enterprise_account_id=bindparam("account_id", type_=BigInteger),
        key=bindparam("key"),
        fingerprint=bindparam("fingerprint"),
        created_at=bindparam("now"),
    )
    .on_conflict_do_nothing()
    .returning(EnterpriseIdempotencyKey.id),
)


def _of_person(*, is_exclusive: bool) -> Statement:
    person = locked_person(is_exclusive=is_exclusive)
    return Statement("idempotency.claim", result_for(person, claimed_key(person)))


_CLAIM_OF_PERSON = {alone: _of_person(is_exclusive=alone) for alone in (False, True)}
_STORED_OF_USER = Statement(
    "idempotency.stored",
    select(IdempotencyKey.fingerprint, IdempotencyKey.result).where(
        IdempotencyKey.user_id == bindparam("user_id"), IdempotencyKey.key == bindparam("key")
    ),
)
_STORED_OF_ACCOUNT = Statement(
    "idempotency.stored",
    select(EnterpriseIdempotencyKey.fingerprint, EnterpriseIdempotencyKey.result).where(
        EnterpriseIdempotencyKey.enterprise_account_id == bindparam("account_id"),
        EnterpriseIdempotencyKey.key == bindparam("key"),
    ),
)
_kept = {"result": bindparam("kept", type_=JSONB)}
_KEEP_OF_USER = Statement(
    "idempotency.keep",
    update(IdempotencyKey)
    .where(
        IdempotencyKey.user_id == bindparam("of_user"), IdempotencyKey.id == bindparam("claim_id")
    )
    .values(_kept),
)
_KEEP_OF_ACCOUNT = Statement(
    "idempotency.keep",
    update(EnterpriseIdempotencyKey)
    .where(
        EnterpriseIdempotencyKey.enterprise_account_id == bindparam("of_account"),
        EnterpriseIdempotencyKey.id == bindparam("claim_id"),
    )
    .values(_kept),
)
_FORGET = tuple(
    Statement("idempotency.forget", delete(table).where(created_at < bindparam("before")))
    for table, created_at in (
        (IdempotencyKey, IdempotencyKey.created_at),
        (EnterpriseIdempotencyKey, EnterpriseIdempotencyKey.created_at),
    )
)


@repository_method
async def claim_of_person(
    connection: Connection,
    *,
    user_id: int,
    key: str,
    fingerprint: bytes,
    now: datetime,
    is_exclusive: bool,
) -> Row | None:
    """Lock a person and insert their key; returns its `id`, null if it exists already.

    None if there is no such person. Waits for a transaction that is inserting the same key, and if
    it `is_exclusive`, for others that lock the person exclusively.
    """
    rows = await connection.fetch(
        _CLAIM_OF_PERSON[is_exclusive], user_id=user_id, key=key, fingerprint=fingerprint, now=now
    )
    return rows[0] if rows else None


@repository_method
async def claim_of_account(
    connection: Connection,
    *,
    account_id: int | None,
    key: str,
    fingerprint: bytes,
    now: datetime,
) -> int | None:
    """Insert a company's key and return its id; None if it exists already.

    Waits for a transaction that is inserting the same key.
    """
    rows = await connection.fetch(
        _CLAIM_OF_ACCOUNT, account_id=account_id, key=key, fingerprint=fingerprint, now=now
    )
    return int(rows[0]["id"]) if rows else None


@repository_method
async def stored(
    connection: Connection, *, user_id: int | None, account_id: int | None, key: str
) -> Row | None:
    """`(fingerprint, result)` of a person's or a company's key; `result` is JSON text."""
    statement = _STORED_OF_USER if user_id is not None else _STORED_OF_ACCOUNT
    rows = await connection.fetch(statement, user_id=user_id, account_id=account_id, key=key)
    return rows[0] if rows else None


# Any: JSON.
@repository_method
async def keep(
    connection: Connection,
    claim_id: int,
    result: dict[str, Any],
    *,
    user_id: int | None,
    account_id: int | None,
) -> None:
    """Store the result of a key that a person or a company has claimed."""
    await connection.fetch(
        _KEEP_OF_ACCOUNT if user_id is None else _KEEP_OF_USER,
        of_user=user_id,
        of_account=account_id,
        claim_id=claim_id,
        kept=orjson.dumps(result).decode(),
    )


@repository_method
async def forget(connection: Connection, before: datetime) -> None:
    """Delete the keys that are older than `before`."""
    for statement in _FORGET:
        await connection.fetch(statement, before=before)
