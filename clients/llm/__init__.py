"""The language model as the services see it."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Role(Enum):
    """Who speaks, in the words of the chat API."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of what the model is asked."""

    role: Role
    content: str


@dataclass(slots=True)
class GenerationReport:
    """How a reply comes about; true at every moment, also after a failure or a cancellation.

    The token counts are the model's own, which it gives at the end and only if it knows them.
    """

    model: str
    attempts: int = 0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class FailureReason(Enum):
    """Why there is no whole reply."""

    UNAVAILABLE = "unavailable"
    """It cannot be reached, is overloaded or broken, also after the retries."""
    TIMEOUT = "timeout"
    """The deadline passed, before or after the first piece."""
    BREAKER_OPEN = "breaker_open"
    """It was not asked, because it has been failing."""
    REFUSED = "refused"
    """Its content filter refused the prompt or the reply."""
    TOO_LONG = "too_long"
    """The prompt is too long for it, or the reply reached its length limit."""
    MISCONFIGURED = "misconfigured"
    """It does not accept our request, our key or the name of the model."""
    INTERRUPTED = "interrupted"
    """It was cut off after the first piece."""
    MALFORMED = "malformed"
    """What it sent is not the chat API."""


class GenerationFailed(Exception):
    """There is no whole reply; what was given until then is good text.

    `retry_after_seconds` says when asking again may help, where that is known.
    """

    def __init__(self, reason: FailureReason, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds


class LanguageModel(Protocol):
    """Something that writes replies."""

    def generate(
        self, messages: Sequence[PromptMessage], report: GenerationReport
    ) -> AsyncGenerator[str, None]:
        """Give the reply in pieces, none of them empty, keeping `report` true.

        Raises `GenerationFailed`. Closing the generator, or cancelling whoever waits for a piece,
        closes the call to the model at once.
        """
        ...
