"""A company's question."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """What a company asks guidance for."""

    situation: str
    objective: str
    time_horizon: str | None
