"""The Protocol between the engine and one kind of replies."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from db.database import Connection, Transaction
from services.generation.records import ReplyDraft, ReplyOutcome


class ReplyStore(Protocol):
    """Stores the replies of one kind, and settles the units that they cost."""

    async def renew(
        self, connection: Connection, owner: UUID, reply_ids: Sequence[int], lease_seconds: float
    ) -> set[int]:
        """Renew the leases of those replies that `owner` writes, and return their ids."""
        ...

    async def complete(
        self,
        transaction: Transaction,
        reply_id: int,
        owner: UUID,
        outcome: ReplyOutcome,
        draft: ReplyDraft,
    ) -> bool:
        """Store the outcome of a reply and settle its unit; once, however often it is called.

        False, and no change, if the reply has ended or no longer belongs to `owner`.
        """
        ...

    async def end_expired(self, transaction: Transaction) -> int | None:
        """End one reply whose lease expired, settle its unit, and return its id, or None."""
        ...

    async def on_abandoned(self, reply_id: int) -> None:
        """Called after the commit that ended a reply without its writer."""
        ...

    def on_started(self) -> None:
        """Called when a writer begins a reply."""
        ...

    def on_ended(self, outcome: ReplyOutcome | None) -> None:
        """Called when a writer stops; `outcome` is None if it was not the one to end the reply."""
        ...
