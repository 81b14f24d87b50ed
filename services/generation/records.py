"""A reply while it is written, and its outcome."""

from dataclasses import dataclass
from datetime import datetime

from clients.llm import GenerationReport, PromptMessage
from db.reply_key import ReplyKey
from db.states import MessageStatus, ReplyFailure
from services.generation.models.calls import Calls, ModelUse, Part


@dataclass(frozen=True, slots=True)
class EarlierWriting:
    """What the writers before have stored of a reply, and which writer comes next.

    `ends` are the offsets in `text` at which its pieces end.
    """

    text: str = ""
    ends: tuple[int, ...] = ()
    attempts: int = 0
    elapsed_ms: int = 0
    parts: tuple[Part, ...] = ()
    next_writer: int = 1
    is_to_stop: bool = False
    """Whether the reply is only to be ended: its person has stopped it."""


NOTHING_WRITTEN = EarlierWriting()


@dataclass(frozen=True, slots=True)
class Assignment:
    """A reply to be written, or to be continued, by one of `models`; by any where none is named."""

    key: ReplyKey
    prompt: tuple[PromptMessage, ...]
    earlier: EarlierWriting = NOTHING_WRITTEN
    models: tuple[str, ...] | None = None

    @property
    def reply_id(self) -> int:
        """The reply's id."""
        return self.key.reply_id


@dataclass(frozen=True, slots=True)
class ReplyOutcome:
    """How a reply ended; a failure has a reason, and perhaps the time until a retry may help."""

    status: MessageStatus
    failure: ReplyFailure | None = None
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class StoredFailure:
    """Why a reply failed, as it was stored, and when a retry may help, if that is known."""

    reason: ReplyFailure
    retry_at: datetime | None


INTERRUPTED = ReplyOutcome(MessageStatus.FAILED, ReplyFailure.INTERRUPTED)
STOPPED = ReplyOutcome(MessageStatus.STOPPED)
HANDED_OVER = ReplyOutcome(MessageStatus.STREAMING)
"""The reply has not ended: another process goes on with it."""


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    """A reply as written so far; `ends` are the offsets in `text` at which its pieces end.

    `calls` are those of this process; without them nothing is stored of what they took.
    """

    text: str
    ends: tuple[int, ...]
    report: GenerationReport
    latency_ms: int
    calls: Calls | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """Who wrote what of the text."""
        return self.calls.parts if self.calls else ()

    @property
    def uses(self) -> tuple[ModelUse, ...]:
        """What the calls of this process took, and no others."""
        return self.calls.uses if self.calls else ()
