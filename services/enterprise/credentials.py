"""The API keys of a company, made, replaced and revoked by who administers it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from db.database import Connection, Database, Transaction
from db.queries import credential_writes, credentials, enterprise_accounts
from services import audit, idempotency
from services.audit import Actor
from services.clock import Clock
from services.enterprise.keys import GeneratedKey, generate_key, key_prefix
from services.enterprise.rules import MOST_KEYS, checked_overlap
from services.idempotency import Caller, Claim
from services.refusal import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A credential's row, and the text of its key the one time that it is known."""

    credential: Record
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
                made = int(claim.result["credential_id"])
                return IssuedKey(await _own(transaction, administrator_id, made, now), None)
            actor = audit.person(administrator_id, request_id)
            added, key = await add_key(
                transaction,
                account_id,
                actor,
                claim=claim,
                most=MOST_KEYS,
                random_bytes=self._random_bytes,
                now=now,
            )
        return IssuedKey(added, key.text)

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
            added, key = await add_key(
                transaction,
                account_id,
                actor,
                most=MOST_KEYS,
                random_bytes=self._random_bytes,
                now=now,
            )
            await audit.record(
                transaction,
                actor,
                "credential.retired",
                f"enterprise_credential:{credential_id}",
                now=now,
                account_id=account_id,
                replaced_by=added["id"],
                expires_at=expires_at.isoformat(),
            )
        return IssuedKey(added, key.text)

    async def revoke(self, administrator_id: int, credential_id: int, *, request_id: str) -> Record:
        """Let a key be accepted nowhere from now on; one that was revoked stays so.

        Raises `NotFound`.
        """
        actor = audit.person(administrator_id, request_id)
        async with self._database.write() as connection:
            revoked = await credential_writes.revoke(
                connection,
                administrator_id,
                credential_id,
                now=self._clock(),
                event=audit.event(actor, "credential.revoked"),
            )
        if revoked is None:
            raise _no_company()
        if revoked["id"] is not None:
            return revoked
        async with self._database.read_primary() as connection:
            return await _own(connection, administrator_id, credential_id, self._clock())


async def add_key(
    transaction: Transaction,
    account_id: int,
    actor: Actor,
    *,
    random_bytes: Callable[[int], bytes],
    now: datetime,
    claim: Claim | None = None,
    most: int | None = None,
) -> tuple[Record, GeneratedKey]:
    """Add a new key to a company that exists, and give it with its credential.

    Where `most` may be accepted, of a company that is locked, raises `Conflict`.
    """
    key = generate_key(random_bytes)
    added = await credential_writes.add(
        transaction,
        account_id,
        key_id=key.key_id,
        secret_hash=key.secret_hash,
        most=most,
        claim_id=None if claim is None else claim.id,
        now=now,
        event=audit.event(
            actor, "credential.created", account_id=account_id, key_prefix=key_prefix(key.key_id)
        ),
    )
    if added is None:
        raise Conflict(f"A company has at most {most} accepted keys; revoke one first.")
    return added, key


async def _held_account(transaction: Transaction, administrator_id: int) -> int:
    account_id = await enterprise_accounts.hold_administered(transaction, administrator_id)
    if account_id is None:
        raise _no_company()
    return account_id


async def _own(
    connection: Connection, administrator_id: int, credential_id: int, now: datetime
) -> Record:
    """A credential of the company that a person administers; raises `NotFound`."""
    rows = await credentials.by_id(connection, [credential_id], administrator_id, now=now)
    if not rows:
        raise _credential_not_found()
    return rows[0]


def _no_company() -> NotFound:
    return NotFound("You administer no company.")


def _credential_not_found() -> NotFound:
    return NotFound("There is no such key.", field="credentialId")
