"""The parts into which a request's time is divided."""

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
    """Deciding which resolvers to call, and assembling the answer."""
    RESOLVER = "resolver"
    WRITER = "writer"
    """Writing a resolver's result as JSON, down to the next resolvers."""
    BATCH = "batch"
    METHOD = "python"
    """The Python of a repository method, besides its statement."""
    DATABASE = "database"
    CONNECTION = "connection"
    """Waiting for a connection to the database."""
    REDIS = "redis"
    MODEL = "model"
    ATTEMPT = "attempt"
    """One attempt to have the model write a reply, from its request to its last piece."""
    PAYMENTS = "payments"
    REPLY = "reply"
    """Waiting for the language model's reply, which a background task writes."""
    EVENTS = "events"
    """Waiting for the next event of a subscription."""
    ENCODER = "encoder"
    SENDING = "sending"
    EVENT_LOOP = "event_loop"
    """Ready to run while the event loop did something else, or the process had no processor."""
    JOB = "job"
    """Background work."""

    # Enum's own hash is a Python call, and too slow here.
    __hash__ = str.__hash__


class Part(NamedTuple):
    """One thing that takes time, by kind and name: a repository method, a resolver, a batch, …."""

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
"""When a request waits in several parts at once, its time goes to those of the highest rank.

The others wait for these: a resolver waits for a batch, and a batch for the database.
"""
