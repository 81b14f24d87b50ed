"""What a company asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """What guidance is wanted for."""

    situation: str
    objective: str
    time_horizon: str | None
