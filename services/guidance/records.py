"""Exchanges, and the part of a conversation that goes into the prompt."""

from dataclasses import dataclass, field
from datetime import date

from db.states import MessageStatus
from services.billing.records import Subscription


@dataclass(frozen=True, slots=True)
class Exchange:
    """The ids of a person's message and of the reply to it.

    A new exchange also has the subscription under which its quota unit was reserved.
    """

    conversation_id: int
    message_id: int
    reply_id: int
    subscription: Subscription | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ContextWindow:
    """How much of a conversation the prompt includes at most."""

    messages: int
    characters: int


@dataclass(frozen=True, slots=True)
class HistoryMessage:
    """One message of a conversation's history."""

    id: int
    is_reply: bool
    status: MessageStatus
    content: str


@dataclass(frozen=True, slots=True)
class EndedReply:
    """A reply that nobody else will end: whose unit it cost, and whether its person stopped it."""

    reply_id: int
    user_id: int
    usage_date: date
    is_stopped: bool
