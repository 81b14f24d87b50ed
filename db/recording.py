"""Which statements ran on behalf of the current request, by name."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Recording:
    """What ran for one request.

    `operation` is the name that its statements carry to the database; it is never a client's text.
    """

    operation: str | None = None
    names: list[str] = field(default_factory=list)


_recording: ContextVar[Recording | None] = ContextVar("recording", default=None)
current_recording = _recording.get


@contextmanager
def recorded_statements(operation: str | None = None) -> Iterator[list[str]]:
    """Collect the names of the statements that run inside, in the tasks started there too.

    `operation` goes into their comments: the name of an operation of our own, or none.
    """
    recording = Recording(operation)
    token = _recording.set(recording)
    try:
        yield recording.names
    finally:
        _recording.reset(token)
