"""The replies to companies: how they are stored, end, and are charged.

The change of the row's status decides who ends a reply, so that it ends once however many try,
and its unit is given back at most once.
"""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from db.database import Connection, Transaction
from db.queries import metered_replies
from metrics.generation import metered_reply_abandoned, metered_reply_ended
from services.enterprise import metering
from services.generation.records import Ending, Written


class MeteredReplies:
    """The `Generations` of companies."""

    async def renew(
        self, connection: Connection, owner: UUID, reply_ids: Sequence[int], lease_seconds: float
    ) -> set[int]:
        """See `Generations`."""
        return await metered_replies.renew(connection, owner, reply_ids, lease_seconds)

    async def complete(
        self, transaction: Transaction, reply_id: int, owner: UUID, ending: Ending, written: Written
    ) -> bool:
        """See `Generations`; what there is of a reply that is not whole is not kept."""
        report, failure = written.report, ending.failure
        ended = await metered_replies.end(
            transaction,
            reply_id,
            owner,
            content=None if failure else written.text,
            failure_reason=failure and failure.value,
            retry_after_seconds=ending.retry_after_seconds,
            model=report.model,
            attempts=report.attempts,
            prompt_tokens=report.prompt_tokens,
            completion_tokens=report.completion_tokens,
            latency_ms=written.latency_ms,
        )
        if ended is None:
            return False
        if failure is not None:
            await _give_back(transaction, ended)
        return True

    async def end_expired(self, transaction: Transaction) -> int | None:
        """See `Generations`."""
        ended = await metered_replies.end_expired(transaction)
        if ended is None:
            return None
        await _give_back(transaction, ended)
        return int(ended["id"])

    async def note_abandoned(self, reply_id: int) -> None:
        """See `Generations`."""
        del reply_id
        metered_reply_abandoned()

    def note_started(self) -> None:
        """See `Generations`; how many are written is not counted."""

    def note_ended(self, ending: Ending | None) -> None:
        """See `Generations`."""
        if ending is not None:
            metered_reply_ended(ending.failure.value if ending.failure else "complete")


async def _give_back(transaction: Transaction, ended: Record) -> None:
    await metering.give_back(transaction, ended["enterprise_account_id"], ended["usage_date"])
