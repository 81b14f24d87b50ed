"""Carrying requests out: taken by one process at a time, tried again, and given up at last.

A request is taken with a lease and may be carried out more than once, when a process dies or is too
slow; whoever ends it does so in a transaction that first makes sure that the request is still its.
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
from asyncpg import Record

from db.database import Database, Transaction
from db.queries import request_processing
from db.unavailable import DatabaseUnavailable
from metrics import privacy as measured
from services.clock import Clock
from services.privacy.records import FailureReason, RequestKind, RequestStatus
from services.privacy.rules import MOST_ATTEMPTS, pause_seconds

LEASE_SECONDS = 60.0
_RENEWALS_A_LEASE = 3
_log = structlog.get_logger("guidance.privacy")


@dataclass(frozen=True, slots=True)
class Task:
    """A request that this process carries out, for the `attempt`-th time."""

    request_id: int
    user_id: int
    kind: RequestKind
    attempt: int
    owner: UUID
    lease_seconds: float
    requested_at: datetime
    started_at: datetime


class NotNow(Exception):
    """The request cannot begin at the moment; raised in the transaction that takes it."""


class LeaseLost(Exception):
    """The request is not ours any more: another process has taken it."""


class CannotComplete(Exception):
    """The request cannot be carried out now, for a reason that has words for the person."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Work(Protocol):
    """What requests of one kind need; every part of it may be done again."""

    kind: RequestKind

    async def begin(self, transaction: Transaction, task: Task) -> None:
        """Do what belongs to taking the request; raises `NotNow`."""

    async def carry_out(self, task: Task) -> None:
        """Do it, and complete the request."""


class Carrying:
    """Carries out what is due, one request after the other."""

    def __init__(
        self, database: Database, *, clock: Clock, lease_seconds: float = LEASE_SECONDS
    ) -> None:
        self._database = database
        self._clock = clock
        self._owner = uuid4()
        self._lease_seconds = lease_seconds

    async def carry_out_due(self, work: Work) -> int:
        """Carry out every request that is due and that nobody else works at; give how many."""
        count = 0
        while (task := await self._take(work)) is not None:
            if task.attempt > MOST_ATTEMPTS:
                await self._give_up(task, FailureReason.INTERRUPTED)
            else:
                await self._try(work, task)
            count += 1
        return count

    async def _take(self, work: Work) -> Task | None:
        try:
            async with self._database.begin() as transaction:
                row = await request_processing.claim(
                    transaction,
                    work.kind.value,
                    self._owner,
                    lease_seconds=self._lease_seconds,
                    now=self._clock(),
                )
                if row is None:
                    return None
                task = self._task(row, work.kind)
                await work.begin(transaction, task)
        except NotNow:
            return None
        if task.attempt == 1:
            waited = (task.started_at - task.requested_at).total_seconds()
            measured.left_state(task.kind.value, RequestStatus.REQUESTED.value, waited)
        return task

    async def _try(self, work: Work, task: Task) -> None:
        try:
            async with self._kept(task):
                await work.carry_out(task)
        except LeaseLost:
            _log.warning("another process goes on", request=task.request_id)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one request's failure ends no other
            await self._note_failure(task, error)
        else:
            self._measure_end(task, RequestStatus.COMPLETED)

    async def _note_failure(self, task: Task, error: Exception) -> None:
        """Let the request rest, or give it up; what the error says may be personal data."""
        measured.attempt_failed(task.kind.value)
        _log.error(
            "an attempt failed",
            request=task.request_id,
            kind=task.kind.value,
            attempt=task.attempt,
            error=type(error).__name__,
            reason=str(error) if isinstance(error, CannotComplete) else None,
            where=_where(error),
        )
        if task.attempt >= MOST_ATTEMPTS:
            await self._give_up(task, _reason(error))
            return
        async with self._database.read_primary() as connection:
            await request_processing.rest(
                connection, task.request_id, task.owner, pause_seconds(task.attempt)
            )

    async def _give_up(self, task: Task, reason: FailureReason) -> None:
        async with self._database.read_primary() as connection:
            await request_processing.fail(connection, task.request_id, task.owner, reason.value)
        self._measure_end(task, RequestStatus.FAILED)
        _log.error("given up", request=task.request_id, kind=task.kind.value, reason=reason.value)

    def _measure_end(self, task: Task, status: RequestStatus) -> None:
        taken = (self._clock() - task.started_at).total_seconds()
        measured.left_state(task.kind.value, RequestStatus.PROCESSING.value, taken)
        measured.ended(task.kind.value, status.value)

    def _task(self, row: Record, kind: RequestKind) -> Task:
        return Task(
            request_id=row["id"],
            user_id=row["user_id"],
            kind=kind,
            attempt=row["attempts"],
            owner=self._owner,
            lease_seconds=self._lease_seconds,
            requested_at=row["requested_at"],
            started_at=row["started_at"],
        )

    @asynccontextmanager
    async def _kept(self, task: Task) -> AsyncIterator[None]:
        """Renew the lease while the block runs; raises `LeaseLost` inside when it is lost."""
        try:
            async with asyncio.timeout(None) as scope:
                renewing = asyncio.create_task(self._renew(task, scope))
                try:
                    yield
                finally:
                    renewing.cancel()
        except TimeoutError:
            if not scope.expired():
                raise
            raise LeaseLost from None

    async def _renew(self, task: Task, scope: asyncio.Timeout) -> None:
        is_ours = True
        while is_ours:
            await asyncio.sleep(self._lease_seconds / _RENEWALS_A_LEASE)
            try:
                async with self._database.read_primary() as connection:
                    is_ours = await request_processing.renew(
                        connection, task.request_id, task.owner, self._lease_seconds
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
