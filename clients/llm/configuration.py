"""The configuration of a language model and of its retries."""

from dataclasses import dataclass, field

MOST_CHARACTERS = 200_000
PAUSE_SECONDS = 0.1
"""The time between two pieces of a reply: more often is faster than people read."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a call is retried, and after which waits.

    A wait is `backoff_seconds`, doubled at each retry, plus a random part of `jitter_seconds`; both
    together are at most `backoff_max_seconds`.
    """

    retry_count: int
    backoff_seconds: float
    backoff_max_seconds: float
    jitter_seconds: float


@dataclass(frozen=True, slots=True)
class LanguageModelConfig:
    """One model behind an OpenAI-compatible API; `timeout_seconds` covers the whole reply.

    `model` is its name there, `known_as` ours, if that is another.

    A reply longer than `most_characters` is cut there. Text that arrives within `pause_seconds` of
    a piece is joined into the next.
    """

    base_url: str
    api_key: str = field(repr=False)
    model: str
    timeout_seconds: float
    retries: RetryPolicy
    most_characters: int = MOST_CHARACTERS
    pause_seconds: float = PAUSE_SECONDS
    known_as: str | None = None

    @property
    def name(self) -> str:
        """The name of the model here."""
        return self.known_as or self.model
