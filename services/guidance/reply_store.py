"""The replies of conversations: storing them, ending them, and settling the quota.

Whoever deletes the generation's row ends the reply. So a reply ends once however many processes
try, and its quota unit is settled or released once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from db.database import Database, Transaction
from db.queries.chat import messages, reply_generations
from db.queries.model_use import PEOPLE
from db.reply_key import ReplyKey
from db.row import Row
from db.states import MessageStatus
from metrics.generation import CONVERSATION_REPLIES
from services.clock import Clock
from services.generation.models.calls import ModelUse, Part, written_parts
from services.generation.models.rows import parts_from, reply_use
from services.generation.records import (
    INTERRUPTED,
    STOPPED,
    Assignment,
    EarlierWriting,
    ReplyDraft,
    ReplyOutcome,
)
from services.generation.store import reply_end
from services.guidance.history import last_question_index, read_history
from services.guidance.records import ContextWindow, EndedReply
from services.guidance.rules import is_charged, prompt
from services.guidance.titles.writer import TitleWriter
from services.quota import ledger
from streams import ReplyStreams


class ConversationReplyStore:
    """The `ReplyStore` of conversations."""

    leases = reply_generations.LEASES
    metrics = CONVERSATION_REPLIES

    def __init__(
        self,
        database: Database,
        streams: ReplyStreams,
        window: ContextWindow,
        *,
        clock: Clock,
        titles: TitleWriter | None = None,
    ) -> None:
        self._database = database
        self._streams = streams
        self._window = window
        self._clock = clock
        self._titles = titles

    async def save(
        self, owner: UUID, drafts: Mapping[ReplyKey, ReplyDraft]
    ) -> Mapping[ReplyKey, bool]:
        """Store drafts; returns whether each was stored, without those that are not `owner`'s.

        Those whose rows are locked just now are not stored.
        """
        rows = [
            {
                "user_id": reply.tenant_id,
                "id": reply.reply_id,
                "content": one.text,
                "attempts": one.report.attempts,
                "stream_ends": one.ends,
            }
            for reply, one in drafts.items()
        ]
        async with self._database.read_primary() as connection:
            saved = await reply_generations.save_progress(connection, owner, rows)
        return {reply: saved[reply.reply_id] for reply in drafts if reply.reply_id in saved}

    async def complete(
        self,
        transaction: Transaction,
        reply: ReplyKey,
        owner: UUID,
        outcome: ReplyOutcome,
        draft: ReplyDraft,
    ) -> bool:
        """See `ReplyStore`."""
        row = await reply_generations.end(transaction, reply, owner)
        if row is None:
            return False
        ended = _ended(row)
        await messages.end_reply(
            transaction,
            reply,
            status=outcome.status.value,
            retry_at=_retry_at(outcome, self._clock()),
            content=draft.text,
            stream_ends=draft.ends,
            end=reply_end(outcome, draft),
            use=reply_use(draft.parts, draft.uses, self._clock()),
        )
        await self._settle(transaction, ended, outcome, has_text=bool(draft.text))
        if self._titles is not None and outcome.status is MessageStatus.COMPLETE:
            begin = self._titles.begin
            transaction.after_commit(partial(begin, ended.user_id, row["conversation_id"]))
        return True

    async def save_parts(
        self,
        transaction: Transaction,
        reply: ReplyKey,
        owner: UUID,
        parts: tuple[Part, ...],
        uses: tuple[ModelUse, ...] = (),
    ) -> None:
        """See `ReplyStore`."""
        if await reply_generations.hold(transaction, reply, owner):
            await PEOPLE.record(transaction, reply, reply_use(parts, uses, self._clock()))

    async def save_unfinished(
        self, transaction: Transaction, reply: ReplyKey, draft: ReplyDraft
    ) -> None:
        """See `ReplyStore`."""
        await messages.leave_reply(
            transaction,
            reply,
            content=draft.text,
            stream_ends=draft.ends,
            attempts=draft.report.attempts,
        )

    async def assignment(self, reply: ReplyKey, owner: UUID, taken: Row) -> Assignment | None:
        """See `ReplyStore`; the prompt is made again, and what is stored of the reply continued."""
        async with self._database.read_primary() as connection:
            row = await reply_generations.unfinished(connection, reply, owner)
            if row is None:
                return None
            history = await read_history(
                connection,
                reply.tenant_id,
                row["conversation_id"],
                reply.reply_id,
                self._window,
            )
            parts = await PEOPLE.parts_of_replies(connection, [reply])
        index = last_question_index(history)
        if index is None:
            return None
        earlier = EarlierWriting(
            text=row["content"],
            ends=tuple(row["stream_ends"] or ()),
            attempts=max(row["attempts"], taken["times_abandoned"]),
            elapsed_ms=taken["elapsed_ms"],
            parts=written_parts(parts_from(parts), row["content"], row["model"]),
            next_writer=taken["writer_number"],
            is_to_stop=row["stop_requested_at"] is not None,
        )
        models = None if row["models"] is None else tuple(row["models"])
        return Assignment(reply, prompt(history[: index + 1], self._window), earlier, models)

    async def end_expired(self, transaction: Transaction) -> int | None:
        """See `ReplyStore`; the stored text of the reply is kept."""
        row = await reply_generations.end_expired(transaction)
        if row is None:
            return None
        ended = _ended(row)
        outcome = STOPPED if ended.is_stopped else INTERRUPTED
        await self._end_as_stored(transaction, ended, outcome)
        return ended.reply_id

    async def end_stopped(self, transaction: Transaction, reply: ReplyKey) -> bool:
        """End a reply as stopped, with its stored text, whichever process writes it.

        False if it has ended already. Call `on_abandoned` after the commit.
        """
        row = await reply_generations.take_away(transaction, reply)
        if row is None:
            return False
        await self._end_as_stored(transaction, _ended(row), STOPPED)
        return True

    async def on_abandoned(self, reply_id: int) -> None:
        """See `ReplyStore`."""
        await self._streams.end_abandoned(reply_id)
        self.metrics.abandon()

    def label(self, outcome: ReplyOutcome) -> str:
        """See `ReplyStore`."""
        return outcome.status.value

    async def _end_as_stored(
        self, transaction: Transaction, ended: EndedReply, outcome: ReplyOutcome
    ) -> None:
        has_text = await messages.abandon_reply(
            transaction,
            ReplyKey(ended.user_id, ended.reply_id),
            status=outcome.status.value,
            failure_reason=outcome.failure and outcome.failure.value,
        )
        await self._settle(transaction, ended, outcome, has_text=has_text)

    async def _settle(
        self, transaction: Transaction, ended: EndedReply, outcome: ReplyOutcome, *, has_text: bool
    ) -> None:
        settle = ledger.settle if is_charged(outcome, has_text=has_text) else ledger.release
        await settle(
            transaction,
            user_id=ended.user_id,
            reply_id=ended.reply_id,
            day=ended.usage_date,
            now=self._clock(),
        )


def _ended(row: Row) -> EndedReply:
    return EndedReply(
        reply_id=row["reply_id"],
        user_id=row["user_id"],
        usage_date=row["usage_date"],
        is_stopped=row["stop_requested_at"] is not None,
    )


def _retry_at(outcome: ReplyOutcome, now: datetime) -> datetime | None:
    seconds = outcome.retry_after_seconds
    return None if seconds is None else now + timedelta(seconds=seconds)
