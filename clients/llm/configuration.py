"""Which model is asked, and with how much patience."""

from dataclasses import dataclass, field

MOST_CHARACTERS = 200_000
PAUSE_SECONDS = 0.1
"""From one piece of a reply to the next: more often is faster than a person reads."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and after which waits a call is tried again.

    A wait is `backoff_seconds`, doubled at each retry, plus a random part of `jitter_seconds`, and
    both together never more than `backoff_max_seconds`.
    """

    retry_count: int
    backoff_seconds: float
    backoff_max_seconds: float
    jitter_seconds: float


@dataclass(frozen=True, slots=True)
class LanguageModelConfig:
    """One model behind an OpenAI-compatible API; `timeout_seconds` covers the whole reply.

    A reply that goes on after `most_characters` ends there. What comes within `pause_seconds` of a
    piece is joined into the next.
    """

    base_url: str
    api_key: str = field(repr=False)
    model: str
    timeout_seconds: float
    retries: RetryPolicy
    most_characters: int = MOST_CHARACTERS
    pause_seconds: float = PAUSE_SECONDS
