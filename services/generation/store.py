"""The Protocol between the engine and one kind of replies, and what all kinds store alike."""

from typing import Protocol
from uuid import UUID

from db.database import Transaction
from db.queries.clauses.reply_end import ReplyEnd
from db.queries.clauses.reply_leases import ReplyLeases
from db.reply_key import ReplyKey
from db.row import Row
from metrics.generation import ReplyMetrics
from services.generation.models.calls import ModelUse, Part
from services.generation.records import Assignment, ReplyDraft, ReplyOutcome


class ReplyStore(Protocol):
    """Stores the replies of one kind, and settles the units that they cost."""

    @property
    def leases(self) -> ReplyLeases:
        """The leases on the replies."""
        ...

    @property
    def metrics(self) -> ReplyMetrics:
        """Where the replies are counted."""
        ...

    async def complete(
        self,
        transaction: Transaction,
        reply: ReplyKey,
        owner: UUID,
        outcome: ReplyOutcome,
        draft: ReplyDraft,
    ) -> bool:
        """Store the outcome of a reply and settle its unit; once, however often it is called.

        False, and no change, if the reply has ended or no longer belongs to `owner`.
        """
        ...

    async def save_parts(
        self,
        transaction: Transaction,
        reply: ReplyKey,
        owner: UUID,
        parts: tuple[Part, ...],
        uses: tuple[ModelUse, ...] = (),
    ) -> None:
        """Store who wrote what of a reply so far, if it still belongs to `owner`.

        Adds the `uses`, which are stored once, to the sums of the day.
        """
        ...

    async def save_unfinished(
        self, transaction: Transaction, reply: ReplyKey, draft: ReplyDraft
    ) -> None:
        """Store a reply as far as it is written, for the next writer."""
        ...

    async def assignment(self, reply: ReplyKey, owner: UUID, taken: Row) -> Assignment | None:
        """What `owner` has to write of a reply, of which it has just `taken` the lease.

        None if the reply has ended meanwhile.
        """
        ...

    async def end_expired(self, transaction: Transaction) -> int | None:
        """End one reply whose lease expired and that nobody is to take over; settle its unit.

        Returns its id, or None if there is none.
        """
        ...

    async def on_abandoned(self, reply_id: int) -> None:
        """Called after the commit that ended a reply without its writer."""
        ...

    def label(self, outcome: ReplyOutcome) -> str:
        """The label under which an outcome is counted."""
        ...


def reply_end(outcome: ReplyOutcome, draft: ReplyDraft) -> ReplyEnd:
    """What is stored of the outcome and of how the reply was generated."""
    report = draft.report
    return {
        "failed_because": outcome.failure and outcome.failure.value,
        "by_model": report.model,
        "made_attempts": report.attempts,
        "read_tokens": report.prompt_tokens,
        "written_tokens": report.completion_tokens,
        "taken_ms": draft.latency_ms,
    }
