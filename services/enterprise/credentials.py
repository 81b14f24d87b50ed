"""The API keys of a company, made, replaced and revoked by who administers it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from db.database import Database, Transaction
from db.queries import credentials, enterprise
from services import audit, idempotency
from services.audit import Actor
from services.clock import Clock
from services.enterprise.keys import GeneratedKey, generate_key, key_prefix
from services.enterprise.rules import MOST_KEYS, checked_overlap
from services.idempotency import Caller
from services.refusal import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A credential, and the text of its key the one time that it is known."""

    credential_id: int
    text: str | None


class CredentialService:
    """What an administrator can do with keys; every change has its row in the audit.

    Another's key is not found. A transaction here and one that charges a unit to the company
    exclude each other, so that nothing is charged to a key once its revocation has been answered.
    """

    def __init__(
        self, database: Database, *, clock: Clock, random_bytes: Callable[[int], bytes]
    ) -> None:
        self._database = database
        self._clock = clock
        self._random_bytes = random_bytes

    async def create(
        self, administrator_id: int, *, idempotency_key: str, request_id: str
    ) -> IssuedKey:
        """Add a key; the same idempotency key gives the same credential without its text.

        Raises `NotFound` for who administers no company, `Conflict` when there are too many keys,
        and `IdempotencyKeyReused`.
        """
        use = idempotency.key_use(idempotency_key, operation="createApiCredential", values={})
        now = self._clock()
        async with self._database.begin() as transaction:
            account_id = await _held_account(transaction, administrator_id)
            caller = Caller(user_id=administrator_id)
            claim = await idempotency.claim(transaction, caller, use, now=now)
            if claim.result is not None:
                return IssuedKey(claim.result["credential_id"], None)
            await _check_count(transaction, account_id, now)
            actor = audit.person(administrator_id, request_id)
            credential_id, key = await add_key(
                transaction, account_id, actor, random_bytes=self._random_bytes, now=now
            )
            await claim.keep(transaction, {"credential_id": credential_id})
        return IssuedKey(credential_id, key.text)

    async def rotate(
        self, administrator_id: int, credential_id: int, *, overlap_seconds: int, request_id: str
    ) -> IssuedKey:
        """Add a key in the place of another, which is accepted for `overlap_seconds` more.

        Raises `InvalidInput`, `NotFound`, and `Conflict` for a key that was replaced or revoked,
        or when there are too many.
        """
        overlap, now = checked_overlap(overlap_seconds), self._clock()
        actor = audit.person(administrator_id, request_id)
        async with self._database.begin() as transaction:
            account_id = await _held_account(transaction, administrator_id)
            replaced = await credentials.of_account(transaction, account_id, credential_id)
            if replaced is None:
                raise _credential_not_found()
            if replaced["status"] != "active":
                raise Conflict("Only an active key can be replaced.", field="credentialId")
            expires_at = await credentials.retire(
                transaction, account_id, credential_id, now + overlap
            )
            await _check_count(transaction, account_id, now)
            new_id, key = await add_key(
                transaction, account_id, actor, random_bytes=self._random_bytes, now=now
            )
            await audit.record(
                transaction,
                actor,
                "credential.retired",
                _subject(credential_id),
                now=now,
                account_id=account_id,
                replaced_by=new_id,
                expires_at=expires_at.isoformat(),
            )
        return IssuedKey(new_id, key.text)

    async def revoke(self, administrator_id: int, credential_id: int, *, request_id: str) -> None:
        """Let a key be accepted nowhere from now on; one that was revoked stays so.

        Raises `NotFound`.
        """
        now = self._clock()
        async with self._database.begin() as transaction:
            account_id = await _held_account(transaction, administrator_id)
            if await credentials.of_account(transaction, account_id, credential_id) is None:
                raise _credential_not_found()
            if await credentials.revoke(transaction, account_id, credential_id):
                await audit.record(
                    transaction,
                    audit.person(administrator_id, request_id),
                    "credential.revoked",
                    _subject(credential_id),
                    now=now,
                    account_id=account_id,
                )


async def add_key(
    transaction: Transaction,
    account_id: int,
    actor: Actor,
    *,
    random_bytes: Callable[[int], bytes],
    now: datetime,
) -> tuple[int, GeneratedKey]:
    """Add a new key to a company that exists, and give it with its credential's id."""
    key = generate_key(random_bytes)
    credential_id = await credentials.insert_credential(
        transaction, account_id, key.key_id, key.secret_hash, now
    )
    await audit.record(
        transaction,
        actor,
        "credential.created",
        _subject(credential_id),
        now=now,
        account_id=account_id,
        key_prefix=key_prefix(key.key_id),
    )
    return credential_id, key


async def _held_account(transaction: Transaction, administrator_id: int) -> int:
    account_id = await enterprise.hold_administered(transaction, administrator_id)
    if account_id is None:
        raise NotFound("You administer no company.")
    return account_id


async def _check_count(transaction: Transaction, account_id: int, now: datetime) -> None:
    if await credentials.count_accepted(transaction, account_id, now) >= MOST_KEYS:
        raise Conflict(f"A company has at most {MOST_KEYS} accepted keys; revoke one first.")


def _credential_not_found() -> NotFound:
    return NotFound("There is no such key.", field="credentialId")


def _subject(credential_id: int) -> str:
    return f"enterprise_credential:{credential_id}"
