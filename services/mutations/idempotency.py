"""Idempotency keys: the first use of a key does the work, later uses return its result.

A key is claimed against a unique index, inside the transaction that does the work. Of several
concurrent uses, one does the work and the others wait for it. A refusal rolls the claim back, so
nothing is stored when nothing was done. Where a single statement does all of the work, that
statement also claims the key and stores the result (`idempotent_write`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

import orjson

from db.database import Connection, Database, Transaction
from db.queries import idempotency
from db.row import Row
from services.callers import people
from services.mutations.refusals import InvalidInput, Refusal, UserErrorCode
from services.mutations.texts import is_short_text

RETENTION = timedelta(days=30)
"""How long a key and its result are stored."""
LONGEST_KEY = 255
_FIELD = "idempotencyKey"
Work: TypeAlias = Callable[[Connection], Awaitable[Row | None]]
# Any: JSON.
Replay: TypeAlias = Callable[[Connection, dict[str, Any]], Awaitable[Row]]


class IdempotencyKeyReused(Refusal):
    """The key was used before with different input."""

    code = UserErrorCode.IDEMPOTENCY_KEY_REUSED


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of a key: a person or a company."""

    user_id: int | None = None
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key, and a fingerprint of the operation and input that it is used for."""

    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """One use of a key; `result` is what the first use stored, None if this is the first."""

    caller: Caller
    claim_id: int | None
    result: dict[str, Any] | None  # Any: JSON

    @property
    def id(self) -> int:
        """The row id of a first use, under which a statement stores the result."""
        if self.claim_id is None:
            raise RuntimeError("only the first use of a key has an id")
        return self.claim_id

    async def store(self, transaction: Transaction, result: dict[str, Any]) -> None:
        """Store the result of the first use."""
        await idempotency.keep(
            transaction,
            self.id,
            result,
            user_id=self.caller.user_id,
            account_id=self.caller.account_id,
        )


# Any: JSON.
def key_use(key: str, *, operation: str, values: Mapping[str, Any]) -> KeyUse:
    """The use of `key` for `operation` with the input `values`.

    Raises `InvalidInput` if `key` is not a valid key.
    """
    _check_key(key)
    return KeyUse(key, _fingerprint(operation, values))


async def claim(
    transaction: Transaction,
    caller: Caller,
    use: KeyUse,
    *,
    now: datetime,
    is_exclusive: bool = False,
) -> Claim:
    """Claim a key and lock the person who uses it; exclusively if their operations are ordered.

    Raises `PersonUnknown`, and `IdempotencyKeyReused` if the key was used with different input.
    """
    claim_id = await _claim(transaction, caller, use, now, is_exclusive=is_exclusive)
    if claim_id is not None:
        return Claim(caller, claim_id, None)
    result = await stored_result(transaction, caller, use)
    if result is None:
        raise _reused()
    return Claim(caller, None, result)


async def run_once(
    database: Database, user_id: int, use: KeyUse, work: Work, replay: Replay
) -> Row:
    """Run the statement `work`, or `replay` the stored result if the key was used before.

    The statement itself claims the key in `use`; it returns a row whose `id` is null if the key
    was used before. Raises `PersonUnknown` and `IdempotencyKeyReused`.
    """
    while True:
        async with database.write() as connection:
            done = people.require_person(await work(connection))
        if done["id"] is not None:
            return done
        async with database.read_primary() as connection:
            result = await stored_result(connection, Caller(user_id=user_id), use)
            if result is not None:
                return await replay(connection, result)
        # The key expired in between, so it can be claimed again.


async def _claim(
    transaction: Transaction, caller: Caller, use: KeyUse, now: datetime, *, is_exclusive: bool
) -> int | None:
    if caller.user_id is None:
        return await idempotency.claim_of_account(
            transaction,
            account_id=caller.account_id,
            key=use.key,
            fingerprint=use.fingerprint,
            now=now,
        )
    claimed = await idempotency.claim_of_person(
        transaction,
        user_id=caller.user_id,
        key=use.key,
        fingerprint=use.fingerprint,
        now=now,
        is_exclusive=is_exclusive,
    )
    claim_id: int | None = people.require_person(claimed)["id"]
    return claim_id


# Any: JSON.
async def stored_result(
    connection: Connection, caller: Caller, use: KeyUse
) -> dict[str, Any] | None:
    """The result of the first use of the key; None if no use is stored.

    Raises `IdempotencyKeyReused` if the key was used with different input.
    """
    stored = await idempotency.stored(
        connection, user_id=caller.user_id, account_id=caller.account_id, key=use.key
    )
    if stored is None:
        return None
    if stored["fingerprint"] != use.fingerprint:
        raise _reused()
    result: dict[str, Any] = orjson.loads(stored["result"])
    return result


def key_digest(key: str) -> str:
    """The SHA-256 of a key, for rows that outlive the key: the client's own text is not kept."""
    return sha256(key.encode()).hexdigest()


async def delete_expired_keys(connection: Connection, now: datetime) -> None:
    """Delete the keys that are older than `RETENTION`."""
    await idempotency.forget(connection, now - RETENTION)


def _reused() -> IdempotencyKeyReused:
    return IdempotencyKeyReused("This key was used before with other input.", field=_FIELD)


def _check_key(key: str) -> None:
    if not is_short_text(key, LONGEST_KEY):
        raise InvalidInput(
            f"A key is one line of 1 to {LONGEST_KEY} characters, none of them control characters, "
            "with every change of direction closed.",
            field=_FIELD,
        )


def _fingerprint(operation: str, values: Mapping[str, Any]) -> bytes:
    content = orjson.dumps([operation, values], option=orjson.OPT_SORT_KEYS)
    return sha256(content).digest()
