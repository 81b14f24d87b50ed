"""What a reply is while it is written, how it ends, and what each kind of replies must offer."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol
from uuid import UUID

from clients.llm import GenerationReport, PromptMessage
from db.database import Connection, Transaction


class ReplyStatus(Enum):
    """How far a reply is, as the database spells it."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    FAILED = "failed"
    STOPPED = "stopped"


class ReplyFailure(Enum):
    """Why a reply failed, as the database spells it."""

    UNAVAILABLE = "unavailable"
    TIMED_OUT = "timed_out"
    REFUSED = "refused"
    TOO_LONG = "too_long"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A reply to be written."""

    reply_id: int
    prompt: tuple[PromptMessage, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended; a failure has its reason, and perhaps when trying again may help."""

    status: ReplyStatus
    failure: ReplyFailure | None = None
    retry_after_seconds: int | None = None


INTERRUPTED = Ending(ReplyStatus.FAILED, ReplyFailure.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Written:
    """What there is of a reply; `ends` are the ends of its pieces in `text`."""

    text: str
    ends: tuple[int, ...]
    report: GenerationReport
    latency_ms: int


class Generations(Protocol):
    """The replies of one kind: where they are stored, and whose units they cost."""

    async def renew(
        self, connection: Connection, owner: UUID, reply_ids: Sequence[int], lease_seconds: float
    ) -> None:
        """Let the leases of those of the replies that `owner` writes begin now."""
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

    def note_begun(self) -> None:
        """Count a reply that is being written."""
        ...

    def note_ended(self, ending: Ending | None) -> None:
        """Count a reply that is not written any more; None where its end could not be stored."""
        ...
