"""A reply while it is written, and its outcome."""

from dataclasses import dataclass
from datetime import datetime

from clients.llm import GenerationReport, PromptMessage
from db.states import MessageStatus, ReplyFailure


@dataclass(frozen=True, slots=True)
class Assignment:
    """A reply to be written."""

    reply_id: int
    prompt: tuple[PromptMessage, ...]


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


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    """A reply as written so far; `ends` are the offsets in `text` at which its pieces end."""

    text: str
    ends: tuple[int, ...]
    report: GenerationReport
    latency_ms: int
