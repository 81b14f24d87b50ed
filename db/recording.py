"""Which statements ran on behalf of the current request, by name."""

from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Recording:
    """What ran for one request.

    `operation` is the name that its statements carry to the database; it is never a client's text.
    `seconds` are those that they took in all, several at once counted each.
    """

    operation: str | None = None
    names: list[str] = field(default_factory=list)
    seconds: float = 0.0


_recording: ContextVar[Recording | None] = ContextVar("recording", default=None)
current_recording = _recording.get


def recorded_seconds() -> float:
    """What the statements of the current request have taken so far."""
    recording = current_recording()
    return 0.0 if recording is None else recording.seconds


class RecordedStatements:
    """Collect the names of the statements that run inside, in the tasks started there too.

    `operation` goes into their comments: the name of an operation of our own, or none.
    """

    __slots__ = ("_recording", "_token")

    def __init__(self, operation: str | None = None) -> None:
        self._recording = Recording(operation)

    def __enter__(self) -> list[str]:
        self._token = _recording.set(self._recording)
        return self._recording.names

    def __exit__(self, *_error: object) -> None:
        _recording.reset(self._token)
