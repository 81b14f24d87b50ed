"""What a person does about privacy requests; carrying them out is the worker's business."""

from datetime import timedelta

from db.database import Database, Transaction
from db.queries import privacy
from services import audit, idempotency
from services.audit import Actor
from services.clock import Clock
from services.idempotency import Caller
from services.privacy.records import RequestKind, RequestStatus
from services.privacy.rules import seconds_until_next_export
from services.refusal import Conflict, NotFound

_OPERATIONS = {
    RequestKind.EXPORT: "requestPrivacyExport",
    RequestKind.ERASURE: "requestPrivacyDelete",
}


class PrivacyService:
    """Takes requests, and takes them back; an erasure waits for `grace` before it begins."""

    def __init__(self, database: Database, *, grace: timedelta, clock: Clock) -> None:
        self._database = database
        self._grace = grace
        self._clock = clock

    async def request_export(self, user_id: int, *, idempotency_key: str, request_id: str) -> int:
        """Ask for a copy of a person's data and give the request, the one under way if any.

        Raises `PersonUnknown`, `InvalidInput`, `IdempotencyKeyReused`, and `Conflict` for a day
        after a completed export.
        """
        actor = audit.person(user_id, request_id)
        return await self._request(user_id, RequestKind.EXPORT, idempotency_key, actor)

    async def request_erasure(self, user_id: int, *, idempotency_key: str, request_id: str) -> int:
        """Ask for the erasure of a person's data and give the request, the one under way if any.

        Raises `PersonUnknown`, `InvalidInput` and `IdempotencyKeyReused`.
        """
        actor = audit.person(user_id, request_id)
        return await self._request(user_id, RequestKind.ERASURE, idempotency_key, actor)

    async def cancel(self, user_id: int, privacy_request_id: int, *, request_id: str) -> None:
        """Take back a request that has not begun; once taken back it stays so.

        Raises `NotFound`, and `Conflict` for one that has begun or ended.
        """
        async with self._database.begin() as transaction:
            if await privacy.cancel(transaction, privacy_request_id, user_id):
                actor = audit.person(user_id, request_id)
                await self._record(transaction, actor, "cancelled", user_id, privacy_request_id)
                return
            rows = await privacy.requests_by_id(transaction, [privacy_request_id], user_id)
        if not rows:
            raise NotFound("There is no such privacy request.", field="privacyRequestId")
        if rows[0]["status"] != RequestStatus.CANCELLED.value:
            raise Conflict("It has begun, or is over.", field="privacyRequestId")

    async def _request(self, user_id: int, kind: RequestKind, key: str, actor: Actor) -> int:
        use = idempotency.key_use(key, operation=_OPERATIONS[kind], values={})
        now = self._clock()
        async with self._database.begin() as transaction:
            claim = await idempotency.claim(transaction, Caller(user_id=user_id), use, now=now)
            if claim.result is not None:
                return int(claim.result["request"])
            made = await self._under_way(transaction, user_id, kind, actor)
            await claim.keep(transaction, {"request": made})
            return made

    async def _under_way(
        self, transaction: Transaction, user_id: int, kind: RequestKind, actor: Actor
    ) -> int:
        """The person's request of a kind, made where there is none.

        One that ends in the meantime makes room for another, which is then made.
        """
        now = self._clock()
        scheduled_for = now + self._grace if kind is RequestKind.ERASURE else None
        while True:
            found = await privacy.under_way(transaction, user_id, kind.value)
            if found is not None:
                return found
            if kind is RequestKind.EXPORT:
                await self._check_pause(transaction, user_id)
            made = await privacy.insert_request(
                transaction, user_id=user_id, kind=kind.value, now=now, scheduled_for=scheduled_for
            )
            if made is not None:
                await self._record(transaction, actor, f"{kind.value}_requested", user_id, made)
                return made

    async def _record(
        self, transaction: Transaction, actor: Actor, what: str, user_id: int, made: int
    ) -> None:
        await audit.record(
            transaction,
            actor,
            f"privacy.{what}",
            f"privacy_request:{made}",
            now=self._clock(),
            user_id=user_id,
        )

    async def _check_pause(self, transaction: Transaction, user_id: int) -> None:
        completed_at = await privacy.newest_completion(
            transaction, user_id, RequestKind.EXPORT.value
        )
        left = completed_at and seconds_until_next_export(completed_at, self._clock())
        if left:
            raise Conflict("An export was completed less than a day ago.", retry_after_seconds=left)
