"""What an exchange is, and how a reply ends."""

from dataclasses import dataclass, field
from enum import Enum

from services.billing.records import Subscription


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
class Exchange:
    """A person's message and the reply to it, by their ids.

    One that was just recorded has the subscription that its unit was reserved under.
    """

    conversation_id: int
    message_id: int
    reply_id: int
    subscription: Subscription | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended; a failure has its reason, and perhaps when trying again may help."""

    status: ReplyStatus
    failure: ReplyFailure | None = None
    retry_after_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class ContextWindow:
    """How much of a conversation goes along with a message, at most."""

    messages: int
    characters: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message of a conversation's history."""

    id: int
    is_reply: bool
    status: ReplyStatus
    content: str
