"""Creating, rotating and revoking API keys, as the administrator of a company."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from db.database import Connection, Database, Transaction
from db.queries.enterprise import credential_writes, credentials, enterprise_accounts
from db.row import Row
from db.states import ApiCredentialStatus
from services.clock import Clock
from services.enterprise.keys import GeneratedKey, generate_key, key_prefix
from services.enterprise.rules import MOST_KEYS, checked_overlap
from services.mutations import audit, idempotency
from services.mutations.audit import Actor
from services.mutations.idempotency import Caller, Claim
from services.mutations.refusals import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """The row of a credential, and the key's text, which is known only when the key is created."""

    credential: Row
    text: str | None


class CredentialService:
    """What an administrator can do with keys; every change is recorded in the audit trail.

    A key of another company is not found. Transactions here and those that charge a unit to the
    company lock the same row, so nothing is charged to a key after its revocation was answered.
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
        """Add a key; repeating the idempotency key returns the same credential without its text.

        Raises `NotFound` if the person administers no company, `Conflict` if there are too many
        keys, and `IdempotencyKeyReused`.
        """
        use = idempotency.key_use(idempotency_key, operation="createApiCredential", values={})
        now = self._clock()
        async with self._database.begin() as transaction:
            account_id = await _locked_account(transaction, administrator_id)
            caller = Caller(account_id=account_id)
            claim = await idempotency.claim(transaction, caller, use, now=now)
            if claim.result is not None:
                credential_id = int(claim.result["credential_id"])
                return IssuedKey(
                    await _own_credential(transaction, administrator_id, credential_id, now), None
                )
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
        """Replace a key by a new one; the old one is accepted for `overlap_seconds` more.

        Raises `InvalidInput`, `NotFound`, and `Conflict` if the key was already replaced or
        revoked, or if there are too many.
        """
        overlap, now = checked_overlap(overlap_seconds), self._clock()
        actor = audit.person(administrator_id, request_id)
        async with self._database.begin() as transaction:
            account_id = await _locked_account(transaction, administrator_id)
            replaced = await credentials.of_account(transaction, account_id, credential_id)
            if replaced is None:
                raise _credential_not_found()
            if replaced["status"] != ApiCredentialStatus.ACTIVE:
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

    async def revoke(self, administrator_id: int, credential_id: int, *, request_id: str) -> Row:
        """Revoke a key, effective at once; a key that is revoked already stays so.

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
            return await _own_credential(connection, administrator_id, credential_id, self._clock())


async def add_key(
    transaction: Transaction,
    account_id: int,
    actor: Actor,
    *,
    random_bytes: Callable[[int], bytes],
    now: datetime,
    claim: Claim | None = None,
    most: int | None = None,
) -> tuple[Row, GeneratedKey]:
    """Add a new key to an existing company, and return it with its credential.

    With `most`, raises `Conflict` if the company, which must be locked, has that many keys.
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


async def _locked_account(transaction: Transaction, administrator_id: int) -> int:
    account_id = await enterprise_accounts.hold_administered(transaction, administrator_id)
    if account_id is None:
        raise _no_company()
    return account_id


async def _own_credential(
    connection: Connection, administrator_id: int, credential_id: int, now: datetime
) -> Row:
    """A credential of the company that the person administers; raises `NotFound`."""
    rows = await credentials.by_id(connection, [credential_id], administrator_id, now=now)
    if not rows:
        raise _credential_not_found()
    return rows[0]


def _no_company() -> NotFound:
    return NotFound("You administer no company.")


def _credential_not_found() -> NotFound:
    return NotFound("There is no such key.", field="credentialId")
