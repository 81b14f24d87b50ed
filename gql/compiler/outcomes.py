"""What calls of resolvers came to, kept for the case that compiled code steps back."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Raised:
    """What a resolver raised when it was called."""

    error: Exception


@dataclass(slots=True)
class Settled:
    """What came of an awaitable that has been awaited."""

    value: Any = None  # Any: whatever it was
    error: Exception | None = None

    # Any: nothing is sent or yielded.
    def __await__(self) -> Generator[Any, Any, Any]:
        if self.error is not None:
            raise self.error
        return self.value
        yield
