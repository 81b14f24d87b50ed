"""Idempotency keys: the first use of a key does something, the next ones give what came of it.

The key is claimed inside the transaction that does the work, against a unique index, so that of
any number of concurrent uses one works and the others wait for it. A refusal rolls the claim back:
nothing is stored when nothing was done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson

from db.database import Connection, Transaction
from db.queries import idempotency
from services.refusal import InvalidInput, Refusal, UserErrorCode
from services.texts import is_short_text

KEPT = timedelta(days=30)
"""How long a key is remembered."""
LONGEST_KEY = 255
_FIELD = "idempotencyKey"


class IdempotencyKeyReused(Refusal):
    """The key was used before with other input."""

    code = UserErrorCode.IDEMPOTENCY_KEY_REUSED


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is: a person's or a company's."""

    user_id: int | None = None
    account_id: int | None = None


class Claim:
    """A key's use; `result` is what its first use gave, None on the first."""

    # Any: JSON.
    def __init__(self, claim_id: int | None, result: dict[str, Any] | None) -> None:
        self._claim_id = claim_id
        self.result = result

    async def keep(self, transaction: Transaction, result: dict[str, Any]) -> None:
        """Store what the first use gives."""
        if self._claim_id is None:
            raise RuntimeError("the key was used before")
        await idempotency.keep(transaction, self._claim_id, result)


async def claim(
    transaction: Transaction,
    caller: Caller,
    key: str,
    *,
    operation: str,
    values: Mapping[str, Any],
    now: datetime,
) -> Claim:
    """Claim `key` for `operation` with the input `values`.

    Raises `IdempotencyKeyReused` where it was used for anything else, and `InvalidInput` for a
    text that cannot be a key.
    """
    _check(key)
    fingerprint = _fingerprint(operation, values)
    claim_id = await idempotency.claim(
        transaction,
        user_id=caller.user_id,
        account_id=caller.account_id,
        key=key,
        fingerprint=fingerprint,
        now=now,
    )
    if claim_id is not None:
        return Claim(claim_id, None)
    stored = await idempotency.stored(
        transaction, user_id=caller.user_id, account_id=caller.account_id, key=key
    )
    if stored is None or stored["fingerprint"] != fingerprint:
        raise IdempotencyKeyReused("This key was used before with other input.", field=_FIELD)
    return Claim(None, orjson.loads(stored["result"]))


def hashed(key: str) -> str:
    """What is kept of a key for longer than keys are remembered: not the client's own words."""
    return sha256(key.encode()).hexdigest()


async def forget_old_keys(connection: Connection, now: datetime) -> None:
    """Remove the keys that have been remembered long enough."""
    await idempotency.forget(connection, now - KEPT)


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
