"""Idempotency keys: the first use of a key does something, the next ones give what came of it.

The key is claimed inside the transaction that does the work, against a unique index, so that of
any number of concurrent uses one works and the others wait for it. A refusal rolls the claim back:
nothing is stored when nothing was done. Where one statement does all of the work, it claims the key
too, and stores what came of it (`db.queries.writes`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

import orjson
from asyncpg import Record

from db.database import Connection, Database, Transaction
from db.queries import idempotency
from services import people
from services.refusal import InvalidInput, Refusal, UserErrorCode
from services.texts import is_short_text

KEPT = timedelta(days=30)
"""How long a key is remembered."""
LONGEST_KEY = 255
_FIELD = "idempotencyKey"
Doing: TypeAlias = Callable[[Connection], Awaitable[Record | None]]
# Any: JSON.
Repeating: TypeAlias = Callable[[Connection, dict[str, Any]], Awaitable[Record]]


class IdempotencyKeyReused(Refusal):
    """The key was used before with other input."""

    code = UserErrorCode.IDEMPOTENCY_KEY_REUSED


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is: a person's or a company's."""

    user_id: int | None = None
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key, and the fingerprint of what it is used for."""

    key: str
    fingerprint: bytes


class Claim:
    """A key's use; `result` is what its first use gave, None on the first."""

    # Any: JSON.
    def __init__(self, claim_id: int | None, result: dict[str, Any] | None) -> None:
        self._claim_id = claim_id
        self.result = result

    @property
    def id(self) -> int:
        """By which a statement finds the key of a first use, to keep what that gives."""
        if self._claim_id is None:
            raise RuntimeError("the key was used before")
        return self._claim_id

    async def keep(self, transaction: Transaction, result: dict[str, Any]) -> None:
        """Store what the first use gives."""
        await idempotency.keep(transaction, self.id, result)


# Any: JSON.
def key_use(key: str, *, operation: str, values: Mapping[str, Any]) -> KeyUse:
    """The use of `key` for `operation` with the input `values`.

    Raises `InvalidInput` for a text that cannot be a key.
    """
    _check(key)
    return KeyUse(key, _fingerprint(operation, values))


async def claim(
    transaction: Transaction,
    caller: Caller,
    use: KeyUse,
    *,
    now: datetime,
    is_exclusive: bool = False,
) -> Claim:
    """Claim a key and hold the person whose it is, exclusively where what they do has an order.

    Raises `PersonUnknown`, and `IdempotencyKeyReused` where the key was used for anything else.
    """
    claim_id = await _claim(transaction, caller, use, now, is_exclusive=is_exclusive)
    if claim_id is not None:
        return Claim(claim_id, None)
    result = await kept(transaction, caller, use)
    if result is None:
        raise _reused()
    return Claim(None, result)


async def once(
    database: Database, user_id: int, use: KeyUse, do: Doing, again: Repeating
) -> Record:
    """Have one statement `do` what a person wants, or give `again` what the key's first use gave.

    The statement claims the key as it is in `use`, and gives a row without an `id` where it was
    used before. Raises `PersonUnknown` and `IdempotencyKeyReused`.
    """
    while True:
        async with database.write() as connection:
            done = people.known(await do(connection))
        if done["id"] is not None:
            return done
        async with database.read_primary() as connection:
            result = await kept(connection, Caller(user_id=user_id), use)
            if result is not None:
                return await again(connection, result)
        # The key has been forgotten since, and is as good as new.


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
    claim_id: int | None = people.known(claimed)["id"]
    return claim_id


# Any: JSON.
async def kept(connection: Connection, caller: Caller, use: KeyUse) -> dict[str, Any] | None:
    """What the first use of the key gave; None where there was none that is remembered.

    Raises `IdempotencyKeyReused` where it was used for anything else.
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


def hashed(key: str) -> str:
    """What is kept of a key for longer than keys are remembered: not the client's own words."""
    return sha256(key.encode()).hexdigest()


async def forget_old_keys(connection: Connection, now: datetime) -> None:
    """Remove the keys that have been remembered long enough."""
    await idempotency.forget(connection, now - KEPT)


def _reused() -> IdempotencyKeyReused:
    return IdempotencyKeyReused("This key was used before with other input.", field=_FIELD)


def _check(key: str) -> None:
    if not is_short_text(key, LONGEST_KEY):
        raise InvalidInput(
            f"A key is one line of 1 to {LONGEST_KEY} characters, none of them control characters, "
            "with every change of direction closed.",
            field=_FIELD,
        )


def _fingerprint(operation: str, values: Mapping[str, Any]) -> bytes:
    content = orjson.dumps([operation, values], option=orjson.OPT_SORT_KEYS)
    return sha256(content).digest()
