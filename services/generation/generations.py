"""What each kind of replies must offer to the engine."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from db.database import Connection, Transaction
from services.generation.records import Ending, Written


class Generations(Protocol):
    """The replies of one kind: where they are stored, and whose units they cost."""

    async def renew(
        self, connection: Connection, owner: UUID, reply_ids: Sequence[int], lease_seconds: float
    ) -> set[int]:
        """Let the leases of those of the replies that `owner` writes begin now, and give these."""
        ...

    async def complete(
        self, transaction: Transaction, reply_id: int, owner: UUID, ending: Ending, written: Written
    ) -> bool:
        """End a reply as its writer says, and settle its unit; once, however often it is called.

        False, and no change, where it has ended or been taken away from `owner`.
        """
        ...

    async def end_expired(self, transaction: Transaction) -> int | None:
        """End one reply whose lease ran out, settle its unit, and give its id; None without one."""
        ...

    async def note_abandoned(self, reply_id: int) -> None:
        """Say that a reply was ended without its writer; called after the commit."""
        ...

    def note_started(self) -> None:
        """Count a reply that is being written."""
        ...

    def note_ended(self, ending: Ending | None) -> None:
        """Count a reply that is not written any more; None where another ended it, or nobody."""
        ...
