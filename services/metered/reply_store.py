"""The replies to companies: storing them, ending them, and refunding failures.

Whoever changes the row's status ends the reply. So a reply ends once however many processes try,
and its unit is refunded at most once.
"""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from db.database import Connection, Transaction
from db.queries.enterprise import metered_replies
from metrics.generation import metered_reply_abandoned, metered_reply_ended
from services.enterprise import metering
from services.generation.records import ReplyDraft, ReplyOutcome


class MeteredReplyStore:
    """The `ReplyStore` of companies."""

    async def renew(
        self, connection: Connection, owner: UUID, reply_ids: Sequence[int], lease_seconds: float
    ) -> set[int]:
        """See `ReplyStore`."""
        return await metered_replies.renew(connection, owner, reply_ids, lease_seconds)

    async def complete(
        self,
        transaction: Transaction,
        reply_id: int,
        owner: UUID,
        outcome: ReplyOutcome,
        draft: ReplyDraft,
    ) -> bool:
        """See `ReplyStore`; the text of an incomplete reply is not kept."""
        report, failure = draft.report, outcome.failure
        ended = await metered_replies.end(
            transaction,
            reply_id,
            owner,
            content=None if failure else draft.text,
            failure_reason=failure and failure.value,
            retry_after_seconds=outcome.retry_after_seconds,
            model=report.model,
            attempts=report.attempts,
            prompt_tokens=report.prompt_tokens,
            completion_tokens=report.completion_tokens,
            latency_ms=draft.latency_ms,
        )
        if ended is None:
            return False
        if failure is not None:
            await _refund(transaction, ended)
        return True

    async def end_expired(self, transaction: Transaction) -> int | None:
        """See `ReplyStore`."""
        ended = await metered_replies.end_expired(transaction)
        if ended is None:
            return None
        await _refund(transaction, ended)
        return int(ended["id"])

    async def on_abandoned(self, reply_id: int) -> None:
        """See `ReplyStore`."""
        del reply_id
        metered_reply_abandoned()

    def on_started(self) -> None:
        """See `ReplyStore`; replies in progress are not counted."""

    def on_ended(self, outcome: ReplyOutcome | None) -> None:
        """See `ReplyStore`."""
        if outcome is not None:
            metered_reply_ended(outcome.failure.value if outcome.failure else "complete")


async def _refund(transaction: Transaction, ended: Record) -> None:
    await metering.refund(transaction, ended["enterprise_account_id"], ended["usage_date"])
