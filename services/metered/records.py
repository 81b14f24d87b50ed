"""What a company asks, and what comes of it."""

from dataclasses import dataclass

from clients.llm import GenerationReport, PromptMessage
from services.guidance.records import ReplyFailure


@dataclass(frozen=True, slots=True)
class Question:
    """What guidance is wanted for."""

    situation: str
    objective: str
    time_horizon: str | None


@dataclass(frozen=True, slots=True)
class Assignment:
    """A metered reply to be written."""

    generation_id: int
    prompt: tuple[PromptMessage, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a reply came out: its whole text, or the reason why there is none."""

    content: str | None
    failure: ReplyFailure | None
    retry_after_seconds: int | None
    report: GenerationReport
    latency_ms: int
