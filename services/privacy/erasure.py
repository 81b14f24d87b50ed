"""Running an erasure: table by table, then verified, and only then completed.

Every batch is a transaction that first checks the lease and records how many rows it erased, so a
process that takes over after a crash continues where it happened. The last transaction erases the
privacy requests and the person's own row, then searches the database for anything that still
identifies the person, and is rolled back if it finds something.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeAlias

from db.database import Database, Transaction
from db.personal.completeness import differences
from db.queries import users
from db.queries.privacy import (
    erasure_steps,
    erasure_verification,
    export_archives,
    request_processing,
)
from db.queries.privacy.erasure_steps import ErasureStep
from db.states import PrivacyRequestKind
from services.clock import Clock
from services.mutations import audit
from services.privacy.erasure_ledger import ErasedPerson, ErasureLedger
from services.privacy.exports.files import ExportFiles
from services.privacy.records import FailureReason
from services.privacy.rules import identifying_pattern
from services.privacy.runner import CannotComplete, LeaseLost, NotYetRunnable, RequestAttempt

_STREAM_LIFETIME = timedelta(days=1)
"""Longer than the stream of any reply exists after the reply was started."""
Forget: TypeAlias = Callable[[Sequence[int]], Awaitable[None]]
"""Removes the data of people, or of replies, from a cache; raises if it cannot."""


class ErasureHandler:
    """The `RequestHandler` of erasures.

    `forget` removes people from caches, `forget_replies` removes replies from streams.
    `sign_out_seconds` is how long a process may cache that a signed-out person exists. `ledger`
    records each erasure before it is completed.
    """

    kind = PrivacyRequestKind.DELETE

    def __init__(
        self,
        database: Database,
        files: ExportFiles,
        *,
        forget: Sequence[Forget],
        forget_replies: Forget,
        sign_out_seconds: float,
        ledger: ErasureLedger | None = None,
        clock: Clock,
    ) -> None:
        self._database = database
        self._files = files
        self._forget = forget
        self._forget_replies = forget_replies
        self._sign_out_seconds = sign_out_seconds
        self._ledger = ledger
        self._clock = clock

    async def begin(self, transaction: Transaction, attempt: RequestAttempt) -> None:
        """Sign the person out, and cancel their exports.

        Raises `NotYetRunnable` while an export is running: it is finished first.
        """
        now, user_id = self._clock(), attempt.user_id
        await users.lock_out(transaction, user_id)
        reason = FailureReason.SUPERSEDED
        await request_processing.supersede_exports(transaction, user_id, reason)
        if await request_processing.is_exported(transaction, user_id):
            raise NotYetRunnable
        await users.begin_erasure(transaction, user_id, now)
        await export_archives.revoke_all(transaction, user_id, now)

    async def run(self, attempt: RequestAttempt) -> None:
        """Erase everything; raises `CannotComplete` if something is left."""
        await self._forget_person(attempt)
        await asyncio.sleep(self._sign_out_seconds)
        await self._check_registry()
        await self._remove_files(attempt)
        since = self._clock() - _STREAM_LIFETIME
        async with self._database.read_primary() as connection:
            replies = await erasure_steps.replies_of(connection, attempt.user_id, since)
        # Before the rows are erased, after which the reply ids are unknown; and again afterwards,
        # because a writer may have begun a stream in between, and cannot any more.
        await self._forget_replies(replies)
        for step in erasure_steps.STEPS:
            while await self._erase_batch(attempt, step):
                pass
        await self._forget_replies(replies)
        await self._complete(attempt)
        await self._forget_person(attempt)

    async def _forget_person(self, attempt: RequestAttempt) -> None:
        for forget in self._forget:
            await forget([attempt.user_id])

    async def _check_registry(self) -> None:
        """Check that no column is unclassified, as in an instance older than the schema."""
        async with self._database.read_primary() as connection:
            found = differences(await erasure_verification.catalogue(connection))
        if found:
            raise CannotComplete(FailureReason.NOT_CLASSIFIED, "; ".join(found))

    async def _remove_files(self, attempt: RequestAttempt) -> None:
        async with self._database.read_primary() as connection:
            requests = await export_archives.requests_of_user(connection, attempt.user_id)
        for request_id in requests:
            left = await asyncio.to_thread(self._files.of_request, request_id)
            await asyncio.to_thread(self._files.remove, left)

    async def _erase_batch(self, attempt: RequestAttempt, step: ErasureStep) -> int:
        async with self._database.begin() as transaction:
            await _check_lease(transaction, attempt)
            return await _erase(transaction, attempt, step)

    async def _complete(self, attempt: RequestAttempt) -> None:
        now = self._clock()
        async with self._database.begin() as transaction:
            await _check_lease(transaction, attempt)
            (person,) = await users.by_id(transaction, [attempt.user_id])
            await request_processing.complete(
                transaction, attempt.user_id, attempt.request_id, attempt.owner, now
            )
            for step in erasure_steps.LAST_STEPS:
                await _erase_last(transaction, attempt, step)
            pattern = identifying_pattern(attempt.user_id, person["email"])
            left = await erasure_verification.remaining(transaction, attempt.user_id, pattern)
            if left:
                found = ", ".join(f"{count} in {table}" for table, count in left.items())
                raise CannotComplete(FailureReason.STILL_IDENTIFIED, f"rows left: {found}")
            await request_processing.verify(transaction, attempt.request_id, now)
            await audit.record(
                transaction,
                audit.SYSTEM,
                "privacy.erased",
                f"privacy_request:{attempt.request_id}",
                now=now,
            )
            if self._ledger is not None:
                # If it cannot be written, nothing is committed, and the attempt is repeated.
                person_erased = ErasedPerson(attempt.user_id, now)
                await asyncio.to_thread(self._ledger.append, person_erased)


async def _check_lease(transaction: Transaction, attempt: RequestAttempt) -> None:
    """Hold the lease until the transaction ends; raises `LeaseLost`."""
    has_lease = await request_processing.renew(
        transaction, attempt.user_id, attempt.request_id, attempt.owner, attempt.lease_seconds
    )
    if not has_lease:
        raise LeaseLost


async def _erase(transaction: Transaction, attempt: RequestAttempt, step: ErasureStep) -> int:
    count = await erasure_steps.erase_batch(transaction, step, attempt.user_id)
    if count:
        await erasure_steps.count_erased(
            transaction, attempt.user_id, attempt.request_id, step.table, count
        )
    return count


async def _erase_last(transaction: Transaction, attempt: RequestAttempt, step: ErasureStep) -> None:
    """Erase all rows of a table that identifies the person; the counts are archived by then."""
    while count := await erasure_steps.erase_batch(transaction, step, attempt.user_id):
        if step.is_counted:
            await erasure_steps.count_erased_last(
                transaction, attempt.request_id, step.table, count
            )
