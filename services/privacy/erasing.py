"""Carrying an erasure out: table by table, then verified, and only then completed.

Every batch is a transaction that first makes sure of the lease and counts what it does, so that
whoever goes on after a crash goes on where it happened. The last one lets go of the requests and of
the person's own row, looks for anything in the database that still identifies the person, and is
rolled back if it finds any.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeAlias

from db.database import Database, Transaction
from db.personal.completeness import differences
from db.queries import (
    erasure_steps,
    erasure_verification,
    export_archives,
    request_processing,
    users,
)
from db.queries.erasure_steps import ErasureStep
from services import audit
from services.clock import Clock
from services.privacy.carrying import CannotComplete, LeaseLost, NotNow, Task
from services.privacy.files import ExportFiles
from services.privacy.records import FailureReason, RequestKind
from services.privacy.rules import identifying_pattern

_STREAMED = timedelta(days=1)
"""No stream of a reply is kept for as long after the reply was begun."""
Forget: TypeAlias = Callable[[Sequence[int]], Awaitable[None]]
"""Makes something forget what it keeps of people, or of replies; fails where it cannot."""


class Erasing:
    """What an erasure needs.

    `forget` are the caches, told of people, and `forget_replies` the streams, told of replies;
    `sign_out_seconds` is how long a process may believe that a person who was signed out is still
    there.
    """

    kind = RequestKind.ERASURE

    def __init__(
        self,
        database: Database,
        files: ExportFiles,
        *,
        forget: Sequence[Forget],
        forget_replies: Forget,
        sign_out_seconds: float,
        clock: Clock,
    ) -> None:
        self._database = database
        self._files = files
        self._forget = forget
        self._forget_replies = forget_replies
        self._sign_out_seconds = sign_out_seconds
        self._clock = clock

    async def begin(self, transaction: Transaction, task: Task) -> None:
        """Sign the person out, and let nothing of theirs go on.

        Raises `NotNow` while an export is being made: it is finished first.
        """
        now, user_id = self._clock(), task.user_id
        await users.lock_out(transaction, user_id)
        reason = FailureReason.SUPERSEDED.value
        await request_processing.supersede_exports(transaction, user_id, reason)
        if await request_processing.is_exported(transaction, user_id):
            raise NotNow
        await users.begin_erasure(transaction, user_id, now)
        await export_archives.revoke_all(transaction, user_id, now)

    async def carry_out(self, task: Task) -> None:
        """Erase everything; raises `CannotComplete` when something is left."""
        await self._forget_person(task)
        await asyncio.sleep(self._sign_out_seconds)
        await self._check_registry()
        await self._remove_files(task)
        since = self._clock() - _STREAMED
        async with self._database.read_primary() as connection:
            replies = await erasure_steps.replies_of(connection, task.user_id, since)
        # Before the rows go, after which nobody knows the replies; and again when who was writing
        # one, and may have begun its stream in between, has been silenced.
        await self._forget_replies(replies)
        for step in erasure_steps.STEPS:
            while await self._erase_batch(task, step):
                pass
        await self._forget_replies(replies)
        await self._complete(task)
        await self._forget_person(task)

    async def _forget_person(self, task: Task) -> None:
        for forget in self._forget:
            await forget([task.user_id])

    async def _check_registry(self) -> None:
        """See to it that no column would be forgotten, as by an instance older than the schema."""
        async with self._database.read_primary() as connection:
            found = differences(await erasure_verification.catalogue(connection))
        if found:
            raise CannotComplete(FailureReason.NOT_CLASSIFIED, "; ".join(found))

    async def _remove_files(self, task: Task) -> None:
        async with self._database.read_primary() as connection:
            requests = await export_archives.requests_of_user(connection, task.user_id)
        for request_id in requests:
            left = await asyncio.to_thread(self._files.of_request, request_id)
            await asyncio.to_thread(self._files.remove, left)

    async def _erase_batch(self, task: Task, step: ErasureStep) -> int:
        async with self._database.begin() as transaction:
            await _make_sure(transaction, task)
            return await _erase(transaction, task, step)

    async def _complete(self, task: Task) -> None:
        now = self._clock()
        async with self._database.begin() as transaction:
            await _make_sure(transaction, task)
            (person,) = await users.by_id(transaction, [task.user_id])
            await request_processing.complete(transaction, task.request_id, task.owner, now)
            for step in erasure_steps.LAST_STEPS:
                while await _erase(transaction, task, step):
                    pass
            pattern = identifying_pattern(task.user_id, person["email"])
            left = await erasure_verification.remaining(transaction, task.user_id, pattern)
            if left:
                found = ", ".join(f"{count} in {table}" for table, count in left.items())
                raise CannotComplete(FailureReason.STILL_IDENTIFIED, f"rows left: {found}")
            await request_processing.verify(transaction, task.request_id, now)
            await audit.record(
                transaction,
                audit.SYSTEM,
                "privacy.erased",
                f"privacy_request:{task.request_id}",
                now=now,
            )


async def _make_sure(transaction: Transaction, task: Task) -> None:
    """Keep the request ours until the transaction ends."""
    is_ours = await request_processing.renew(
        transaction, task.request_id, task.owner, task.lease_seconds
    )
    if not is_ours:
        raise LeaseLost


async def _erase(transaction: Transaction, task: Task, step: ErasureStep) -> int:
    count = await erasure_steps.erase_batch(transaction, step, task.user_id)
    if count:
        await erasure_steps.count_erased(transaction, task.request_id, step.table, count)
    return count
