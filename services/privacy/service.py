"""Making and cancelling privacy requests; the worker runs them."""

from datetime import datetime, timedelta

from db.database import Database, Transaction
from db.queries.privacy import privacy_requests, request_writes
from db.row import Row
from db.states import PrivacyRequestKind, PrivacyRequestStatus
from services.clock import Clock
from services.mutations import audit, idempotency
from services.mutations.audit import Actor
from services.mutations.idempotency import Caller, Claim
from services.mutations.refusals import Conflict, NotFound
from services.privacy.rules import PAUSE_BETWEEN_EXPORTS, seconds_until_next_export

_OPERATIONS = {
    PrivacyRequestKind.EXPORT: "requestPrivacyExport",
    PrivacyRequestKind.DELETE: "requestPrivacyDelete",
}


class PrivacyService:
    """Makes and cancels requests; an erasure begins after the `grace` period."""

    def __init__(self, database: Database, *, grace: timedelta, clock: Clock) -> None:
        self._database = database
        self._grace = grace
        self._clock = clock

    async def request_export(self, user_id: int, *, idempotency_key: str, request_id: str) -> Row:
        """Request a copy of a person's data; returns the request, or the one under way.

        Raises `PersonUnknown`, `InvalidInput`, `IdempotencyKeyReused`, and `Conflict` within a day
        of a completed export.
        """
        actor = audit.person(user_id, request_id)
        return await self._request(user_id, PrivacyRequestKind.EXPORT, idempotency_key, actor)

    async def request_erasure(self, user_id: int, *, idempotency_key: str, request_id: str) -> Row:
        """Request the erasure of a person's data; returns the request, or the one under way.

        Raises `PersonUnknown`, `InvalidInput` and `IdempotencyKeyReused`.
        """
        actor = audit.person(user_id, request_id)
        return await self._request(user_id, PrivacyRequestKind.DELETE, idempotency_key, actor)

    async def cancel(self, user_id: int, privacy_request_id: int, *, request_id: str) -> Row:
        """Cancel a request that has not begun, and return it; repeating this changes nothing.

        Raises `NotFound`, and `Conflict` if it has begun or ended.
        """
        actor = audit.person(user_id, request_id)
        async with self._database.write() as connection:
            cancelled = await request_writes.cancel(
                connection,
                user_id,
                privacy_request_id,
                now=self._clock(),
                event=audit.event(actor, "privacy.cancelled", user_id=user_id),
            )
        if cancelled is not None:
            return cancelled
        async with self._database.read_primary() as connection:
            rows = await privacy_requests.requests_by_id(connection, [privacy_request_id], user_id)
        if not rows:
            raise NotFound("There is no such privacy request.", field="privacyRequestId")
        if rows[0]["status"] != PrivacyRequestStatus.CANCELLED:
            raise Conflict("It has begun, or is over.", field="privacyRequestId")
        return rows[0]

    async def _request(self, user_id: int, kind: PrivacyRequestKind, key: str, actor: Actor) -> Row:
        use = idempotency.key_use(key, operation=_OPERATIONS[kind], values={})
        caller, now = Caller(user_id=user_id), self._clock()
        async with self._database.begin() as transaction:
            claim = await idempotency.claim(transaction, caller, use, now=now)
            if claim.result is not None:
                request_ids = [int(claim.result["request"])]
                (request,) = await privacy_requests.requests_by_id(
                    transaction, request_ids, user_id
                )
                return request
            return await self._get_or_create(transaction, claim, user_id, kind, now, actor)

    async def _get_or_create(
        self,
        transaction: Transaction,
        claim: Claim,
        user_id: int,
        kind: PrivacyRequestKind,
        now: datetime,
        actor: Actor,
    ) -> Row:
        """The person's open request of a kind, created if there is none.

        If the open one ends in the meantime, the next round of the loop creates another.
        """
        is_export = kind is PrivacyRequestKind.EXPORT
        event = audit.event(actor, f"privacy.{kind}_requested", user_id=user_id)
        while True:
            request = await request_writes.request(
                transaction,
                user_id=user_id,
                kind=kind,
                claim_id=claim.id,
                now=now,
                scheduled_for=None if is_export else now + self._grace,
                paused_since=now - PAUSE_BETWEEN_EXPORTS if is_export else None,
                event=event,
            )
            if request is not None:
                return request
            if is_export:
                await self._check_pause(transaction, user_id, now)

    async def _check_pause(self, transaction: Transaction, user_id: int, now: datetime) -> None:
        completed_at = await privacy_requests.newest_completion(
            transaction, user_id, PrivacyRequestKind.EXPORT
        )
        seconds = completed_at and seconds_until_next_export(completed_at, now)
        if seconds:
            raise Conflict(
                "An export was completed less than a day ago.", retry_after_seconds=seconds
            )
