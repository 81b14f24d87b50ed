"""The language model: its Protocol, prompts and errors, as the services use them."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class Role(Enum):
    """The author of a message, as the chat API names it."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message of a prompt."""

    role: Role
    content: str
    is_optional: bool = field(default=False, compare=False)
    """Whether it may be left out where the prompt is too long for the model."""


@dataclass(slots=True)
class GenerationReport:
    """Facts about one call of a model, kept up to date until it ends, fails or is cancelled.

    The token counts are those that the model reports at the end, if it does: the cached ones are
    part of the prompt's, those of its reasoning part of the completion's.
    """

    model: str
    attempts: int = 0
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class TimeShare:
    """How long a call may take: until `deadline` by the event loop's clock, if there is one.

    While others can be asked after it, a model may be silent only for its share of the time that
    is left for all `models_left`, itself included.
    """

    deadline: float | None = None
    models_left: int = 1

    @property
    def has_successor(self) -> bool:
        """Whether another model is asked where this one fails."""
        return self.models_left > 1


ALONE = TimeShare()


class FailureReason(Enum):
    """Why a reply is not complete."""

    UNAVAILABLE = "unavailable"
    """The model cannot be reached, is overloaded or broken, even after the retries."""
    TIMEOUT = "timeout"
    """The deadline passed, before or after the first piece of the reply."""
    BREAKER_OPEN = "breaker_open"
    """The model was not asked, because the circuit breaker is open."""
    REFUSED = "refused"
    """The model's content filter refused the prompt or the reply."""
    TOO_LONG = "too_long"
    """The reply reached its length limit."""
    CONTEXT_TOO_LONG = "context_too_long"
    """The prompt is too long for the model."""
    MISCONFIGURED = "misconfigured"
    """The API does not accept our request, our key or the name of the model."""
    INTERRUPTED = "interrupted"
    """The reply was cut off after the first piece."""
    EMPTY = "empty"
    """The model ended without having said anything."""
    MALFORMED = "malformed"
    """The response does not follow the chat API."""


class GenerationFailed(Exception):
    """The reply is not complete; the text yielded until then is valid.

    `retry_after_seconds` says when a retry may succeed, if that is known.
    """

    def __init__(self, reason: FailureReason, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds


class LanguageModel(Protocol):
    """A model that generates replies."""

    def generate(
        self,
        messages: Sequence[PromptMessage],
        report: GenerationReport,
        time: TimeShare = ALONE,
    ) -> AsyncGenerator[str, None]:
        """Yield the reply in pieces, none of them empty, and keep `report` up to date.

        Raises `GenerationFailed`. Closing the generator, or cancelling the task that waits for a
        piece, closes the call to the model at once.
        """
        ...
