"""Running privacy requests: leased by one process at a time, retried, and finally given up.

A request is leased, and may run more than once if a process dies or is too slow. The transaction
that completes it first checks that the process still has the lease.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from errno import EDQUOT, ENOSPC
from typing import Protocol
from uuid import UUID, uuid4

import structlog

from db.connections.errors import DatabaseUnavailable
from db.database import Database, Transaction
from db.queries.privacy import request_processing
from db.row import Row
from db.states import PrivacyRequestKind, PrivacyRequestStatus
from metrics import privacy as privacy_metrics
from services.clock import Clock
from services.privacy.records import FailureReason
from services.privacy.rules import MOST_ATTEMPTS, retry_wait_seconds

LEASE_SECONDS = 60.0
_RENEWALS_PER_LEASE = 3
_log = structlog.get_logger("guidance.privacy")


@dataclass(frozen=True, slots=True)
class RequestAttempt:
    """A request that this process runs, for the `number`-th time."""

    request_id: int
    user_id: int
    kind: PrivacyRequestKind
    number: int
    owner: UUID
    lease_seconds: float
    requested_at: datetime
    started_at: datetime


class NotYetRunnable(Exception):
    """The request cannot begin yet; raised in the transaction that leases it."""


class LeaseLost(Exception):
    """Another process has leased the request."""


class CannotComplete(Exception):
    """The request failed for a reason that is shown to the person."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class RequestHandler(Protocol):
    """Runs the requests of one kind; every step may be repeated."""

    kind: PrivacyRequestKind

    async def begin(self, transaction: Transaction, attempt: RequestAttempt) -> None:
        """Called in the transaction that leases the request; raises `NotYetRunnable`."""

    async def run(self, attempt: RequestAttempt) -> None:
        """Do the work, and complete the request."""


class PrivacyRequestRunner:
    """Runs the requests that are due, one after the other."""

    def __init__(
        self, database: Database, *, clock: Clock, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        self._database = database
        self._clock = clock
        self._owner = uuid4()
        self._lease_seconds = lease_seconds

    async def run_due(self, handler: RequestHandler) -> int:
        """Run every request that is due and not leased elsewhere, and return how many."""
        count = 0
        while (attempt := await self._lease(handler)) is not None:
            if attempt.number > MOST_ATTEMPTS:
                await self._give_up(attempt, FailureReason.INTERRUPTED)
            else:
                await self._run(handler, attempt)
            count += 1
        return count

    async def _lease(self, handler: RequestHandler) -> RequestAttempt | None:
        try:
            async with self._database.begin() as transaction:
                row = await request_processing.claim(
                    transaction,
                    handler.kind,
                    self._owner,
                    lease_seconds=self._lease_seconds,
                    now=self._clock(),
                )
                if row is None:
                    return None
                attempt = self._attempt(row, handler.kind)
                await handler.begin(transaction, attempt)
        except NotYetRunnable:
            return None
        if attempt.number == 1:
            waited_seconds = (attempt.started_at - attempt.requested_at).total_seconds()
            kind = attempt.kind
            privacy_metrics.left_state(kind, PrivacyRequestStatus.REQUESTED, waited_seconds)
        return attempt

    async def _run(self, handler: RequestHandler, attempt: RequestAttempt) -> None:
        try:
            async with self._lease_renewed(attempt):
                await handler.run(attempt)
        except LeaseLost:
            _log.warning("another process goes on", request=attempt.request_id)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a failed request must not stop the others
            await self._record_failure(attempt, error)
        else:
            self._measure_end(attempt, PrivacyRequestStatus.COMPLETED)

    async def _record_failure(self, attempt: RequestAttempt, error: Exception) -> None:
        """Postpone the request or give it up; the error's message may contain personal data."""
        privacy_metrics.attempt_failed(attempt.kind)
        _log.error(
            "an attempt failed",
            request=attempt.request_id,
            kind=attempt.kind,
            attempt=attempt.number,
            error=type(error).__name__,
            reason=str(error) if isinstance(error, CannotComplete) else None,
            where=_where(error),
        )
        if attempt.number >= MOST_ATTEMPTS:
            await self._give_up(attempt, _reason(error))
            return
        async with self._database.read_primary() as connection:
            await request_processing.rest(
                connection,
                attempt.user_id,
                attempt.request_id,
                attempt.owner,
                retry_wait_seconds(attempt.number),
            )

    async def _give_up(self, attempt: RequestAttempt, reason: FailureReason) -> None:
        async with self._database.read_primary() as connection:
            await request_processing.fail(
                connection, attempt.user_id, attempt.request_id, attempt.owner, reason
            )
        self._measure_end(attempt, PrivacyRequestStatus.FAILED)
        _log.error("given up", request=attempt.request_id, kind=attempt.kind, reason=reason)

    def _measure_end(self, attempt: RequestAttempt, status: PrivacyRequestStatus) -> None:
        taken_seconds = (self._clock() - attempt.started_at).total_seconds()
        kind = attempt.kind
        privacy_metrics.left_state(kind, PrivacyRequestStatus.PROCESSING, taken_seconds)
        privacy_metrics.ended(kind, status)

    def _attempt(self, row: Row, kind: PrivacyRequestKind) -> RequestAttempt:
        return RequestAttempt(
            request_id=row["id"],
            user_id=row["user_id"],
            kind=kind,
            number=row["attempts"],
            owner=self._owner,
            lease_seconds=self._lease_seconds,
            requested_at=row["requested_at"],
            started_at=row["started_at"],
        )

    @asynccontextmanager
    async def _lease_renewed(self, attempt: RequestAttempt) -> AsyncIterator[None]:
        """Renew the lease during the block; raises `LeaseLost` inside the block if it is lost."""
        try:
            async with asyncio.timeout(None) as scope:
                renewing = asyncio.create_task(self._renew(attempt, scope))
                try:
                    yield
                finally:
                    renewing.cancel()
        except TimeoutError:
            if not scope.expired():
                raise
            raise LeaseLost from None

    async def _renew(self, attempt: RequestAttempt, scope: asyncio.Timeout) -> None:
        has_lease = True
        while has_lease:
            await asyncio.sleep(self._lease_seconds / _RENEWALS_PER_LEASE)
            try:
                async with self._database.read_primary() as connection:
                    has_lease = await request_processing.renew(
                        connection,
                        attempt.user_id,
                        attempt.request_id,
                        attempt.owner,
                        self._lease_seconds,
                    )
            except DatabaseUnavailable as error:
                _log.warning("a lease was not renewed", reason=str(error))
        if not scope.expired():
            scope.reschedule(asyncio.get_running_loop().time())


def _reason(error: Exception) -> FailureReason:
    if isinstance(error, CannotComplete):
        return error.reason
    if isinstance(error, OSError) and error.errno in {ENOSPC, EDQUOT}:
        return FailureReason.STORAGE_FULL
    return FailureReason.UNEXPECTED


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.filename}:{frame.lineno}"
