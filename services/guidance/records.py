"""What an exchange is, and what of a conversation goes along with it."""

from dataclasses import dataclass, field

from services.billing.records import Subscription
from services.generation.records import ReplyStatus


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
