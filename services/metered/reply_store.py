"""The replies to companies: storing them, ending them, and refunding failures.

Whoever changes the row's status ends the reply. So a reply ends once however many processes try,
and its unit is refunded at most once.
"""

from uuid import UUID

import orjson

from db.database import Database, Transaction
from db.queries.enterprise import meter_events, metered_replies
from db.queries.model_use import COMPANIES
from db.reply_key import ReplyKey
from db.row import Row
from metrics.generation import METERED_REPLIES
from services.clock import Clock
from services.enterprise import metering
from services.generation.models.calls import ModelUse, Part
from services.generation.models.rows import reply_use, use_rows
from services.generation.records import Assignment, EarlierWriting, ReplyDraft, ReplyOutcome
from services.generation.store import reply_end
from services.metered.records import Question
from services.metered.rules import prompt


class MeteredReplyStore:
    """The `ReplyStore` of companies."""

    leases = metered_replies.LEASES
    metrics = METERED_REPLIES

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def complete(
        self,
        transaction: Transaction,
        reply: ReplyKey,
        owner: UUID,
        outcome: ReplyOutcome,
        draft: ReplyDraft,
    ) -> bool:
        """See `ReplyStore`; the text of an incomplete reply is not kept."""
        ended = await metered_replies.end(
            transaction,
            reply,
            owner,
            content=None if outcome.failure else draft.text,
            retry_after_seconds=outcome.retry_after_seconds,
            end=reply_end(outcome, draft),
        )
        if ended is None:
            return False
        if outcome.failure is not None:
            await _refund(transaction, ended)
        elif ended["is_overage"]:
            await meter_events.record(transaction, ended["enterprise_account_id"], ended["id"])
        await COMPANIES.record(
            transaction, reply, reply_use(draft.parts, draft.uses, self._clock())
        )
        return True

    async def save_parts(
        self,
        transaction: Transaction,
        reply: ReplyKey,
        owner: UUID,
        parts: tuple[Part, ...],
        uses: tuple[ModelUse, ...] = (),
    ) -> None:
        """See `ReplyStore`; the parts of a text that nobody has seen are not stored."""
        del parts
        if uses and await metered_replies.unfinished(transaction, reply, owner) is not None:
            day = self._clock().date()
            await COMPANIES.record_use(transaction, reply.tenant_id, use_rows(uses), day)

    async def save_unfinished(
        self, transaction: Transaction, reply: ReplyKey, draft: ReplyDraft
    ) -> None:
        """See `ReplyStore`; nothing was sent of the text, and the next writer asks anew."""
        await metered_replies.save_attempts(transaction, reply, draft.report.attempts)

    async def assignment(self, reply: ReplyKey, owner: UUID, taken: Row) -> Assignment | None:
        """See `ReplyStore`."""
        async with self._database.read_primary() as connection:
            row = await metered_replies.unfinished(connection, reply, owner)
        if row is None or row["question"] is None:
            return None
        earlier = EarlierWriting(
            attempts=max(row["attempts"], taken["times_abandoned"]),
            elapsed_ms=taken["elapsed_ms"],
            next_writer=taken["writer_number"],
        )
        return Assignment(reply, prompt(Question(**orjson.loads(row["question"]))), earlier)

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
        self.metrics.abandon()

    def label(self, outcome: ReplyOutcome) -> str:
        """See `ReplyStore`; a failure is counted by its reason."""
        return outcome.failure.value if outcome.failure else outcome.status.value


async def _refund(transaction: Transaction, ended: Row) -> None:
    await metering.refund(transaction, ended["enterprise_account_id"], ended["usage_date"])
