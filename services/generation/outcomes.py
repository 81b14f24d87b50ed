"""Storing the outcomes of replies, retried until it succeeds: the text exists nowhere else."""

import asyncio
from dataclasses import replace
from uuid import UUID

import stamina
import structlog

from clients.llm import GenerationReport
from db.connections.errors import DatabaseUnavailable
from db.database import Database, Transaction
from db.reply_key import ReplyKey
from services.generation.models.calls import Part
from services.generation.records import HANDED_OVER, ReplyDraft, ReplyOutcome
from services.generation.store import ReplyStore

_LONGEST_WAIT_SECONDS = 2.0
_WAITS_PER_LEASE = 8
"""Short enough to store the outcome before recovery begins, a lease after the database is back."""
_PARTS_SECONDS = 1.0
_MOST_DATABASE_ERRORS = 4
"""After errors such as a deadlock or a lock timeout, the next attempt may succeed."""
_log = structlog.get_logger("guidance.replies")


class OutcomeRecorder:
    """Stores the outcomes of the replies that the process `owner` writes."""

    def __init__(
        self, database: Database, store: ReplyStore, owner: UUID, *, lease_seconds: float
    ) -> None:
        self._database = database
        self._store = store
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._longest_wait_seconds = min(_LONGEST_WAIT_SECONDS, lease_seconds / _WAITS_PER_LEASE)

    async def record(self, reply: ReplyKey, outcome: ReplyOutcome, draft: ReplyDraft) -> bool:
        """Store the outcome of a reply, or hand it over; while the database is away, retry forever.

        If the database rejects it, retry a few times without details (token counts, waits), then
        raise the last error. Returns False if the reply was no longer the owner's.
        """
        errors = 0

        def is_retried(error: Exception) -> bool:
            nonlocal outcome, draft, errors
            if isinstance(error, DatabaseUnavailable):
                return True
            _log.error("the end of a reply was refused", reply=reply.reply_id, exc_info=error)
            outcome, draft = _without_details(outcome, draft)
            errors += 1
            return errors <= _MOST_DATABASE_ERRORS

        async for attempt in stamina.retry_context(
            on=is_retried,
            attempts=None,
            timeout=None,
            wait_initial=min(0.1, self._longest_wait_seconds),
            wait_max=self._longest_wait_seconds,
            wait_jitter=self._longest_wait_seconds / 2,
        ):
            with attempt:
                async with self._database.begin() as transaction:
                    return await self._store_outcome(transaction, reply, outcome, draft)
        raise AssertionError("unreachable")

    async def record_parts(self, reply: ReplyKey, parts: tuple[Part, ...]) -> None:
        """Store who wrote what of a reply so far; while the database is away, nothing.

        The end of the reply stores them again, so they are missed only if this process dies.
        """
        try:
            async with asyncio.timeout(_PARTS_SECONDS), self._database.begin() as transaction:
                await self._store.save_parts(transaction, reply, self._owner, parts)
        except (DatabaseUnavailable, TimeoutError) as error:
            _log.warning("the parts of a reply are not stored", reason=type(error).__name__)
        except Exception:  # noqa: BLE001 - the reply matters more
            _log.exception("the parts of a reply are not stored", reply=reply.reply_id)

    async def _store_outcome(
        self, transaction: Transaction, reply: ReplyKey, outcome: ReplyOutcome, draft: ReplyDraft
    ) -> bool:
        if outcome != HANDED_OVER:
            return await self._store.complete(transaction, reply, self._owner, outcome, draft)
        if draft.uses:
            await self._store.save_parts(transaction, reply, self._owner, draft.parts, draft.uses)
        leases = self._store.leases
        is_released = await leases.release(
            transaction,
            self._owner,
            reply,
            self._lease_seconds,
            elapsed_ms=draft.latency_ms,
        )
        if not is_released:
            return False
        await self._store.save_unfinished(transaction, reply, draft)
        return True


def _without_details(outcome: ReplyOutcome, draft: ReplyDraft) -> tuple[ReplyOutcome, ReplyDraft]:
    report = GenerationReport(draft.report.model, draft.report.attempts)
    return replace(outcome, retry_after_seconds=None), replace(draft, report=report, calls=None)
