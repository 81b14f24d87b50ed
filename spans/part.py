"""What a request's time may pass in."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """The kinds of parts; each has a name in metrics and reports."""

    REQUEST = "request"
    """The server's own work around an operation."""
    AUTHENTICATION = "authentication"
    READING = "reading"
    PREPARATION = "preparation"
    ADMISSION = "admission"
    """Waiting for the caller's turn and for what is left of its budget."""
    EXECUTION = "execution"
    """Finding out what to call, and putting the answer together."""
    RESOLVER = "resolver"
    WRITER = "writer"
    """Writing what a field gave: down to the next resolvers."""
    BATCH = "batch"
    METHOD = "python"
    """What a repository method does besides its statement."""
    DATABASE = "database"
    CONNECTION = "connection"
    """Waiting for a connection to the database."""
    REDIS = "redis"
    MODEL = "model"
    PAYMENTS = "payments"
    REPLY = "reply"
    """Waiting for a reply that somebody writes."""
    EVENTS = "events"
    """Waiting for the next event of a subscription."""
    ENCODER = "encoder"
    SENDING = "sending"
    EVENT_LOOP = "event_loop"
    """Ready to go on, while the event loop did something else, or had no processor."""
    JOB = "job"
    """Background work."""

    # What Enum hashes by takes a call in Python.
    __hash__ = str.__hash__


class Part(NamedTuple):
    """One thing that takes time: a repository method, a resolver, a batch, … by its name."""

    kind: Kind
    name: str


EVENT_LOOP = Part(Kind.EVENT_LOOP, "event_loop")

_WAITED_FOR_OUTSIDE = (
    Kind.DATABASE,
    Kind.CONNECTION,
    Kind.REDIS,
    Kind.MODEL,
    Kind.PAYMENTS,
    Kind.SENDING,
)
_INSIDE_OUT = (Kind.METHOD, Kind.BATCH, Kind.REPLY, Kind.RESOLVER)
RANKS: dict[Kind, int] = {
    **dict.fromkeys(Kind, 0),
    **{kind: len(_INSIDE_OUT) - place for place, kind in enumerate(_INSIDE_OUT)},
    **dict.fromkeys(_WAITED_FOR_OUTSIDE, len(_INSIDE_OUT) + 1),
}
"""Of several parts in which a request waits at once, the highest are waited for.

The others wait for these: a resolver for a batch, a batch for the database.
"""
