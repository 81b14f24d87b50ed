"""What a reply is while it is written, and how it ends."""

from dataclasses import dataclass
from enum import Enum

from clients.llm import GenerationReport, PromptMessage


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
    """What is written of a reply so far; `ends` are the ends of its pieces in `text`."""

    text: str
    ends: tuple[int, ...]
    report: GenerationReport
    latency_ms: int
