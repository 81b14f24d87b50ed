"""What may be asked, and how the model is asked it."""

from datetime import datetime
from math import ceil

from clients.llm import PromptMessage, Role
from services.metered.records import Question
from services.refusal import InvalidInput

LONGEST_SITUATION = 8_000
LONGEST_OBJECTIVE = 2_000
LONGEST_TIME_HORIZON = 200
INSTRUCTIONS = (
    "You give guidance to somebody who describes a situation and an objective: a plain and "
    "concrete plan, honest about what you do not know. Texts such as [EMAIL_1] stand for personal "
    "details; repeat them unchanged."
)


def checked(situation: str, objective: str, time_horizon: str | None) -> Question:
    """The question without white space around its parts; raises `InvalidInput`."""
    horizon = (time_horizon or "").strip()
    return Question(
        situation=_checked("situation", situation.strip(), LONGEST_SITUATION),
        objective=_checked("objective", objective.strip(), LONGEST_OBJECTIVE),
        time_horizon=_checked("timeHorizon", horizon, LONGEST_TIME_HORIZON) if horizon else None,
    )


def prompt(question: Question) -> tuple[PromptMessage, ...]:
    """What the model is asked: our instructions, and the parts of the question."""
    parts = {
        "Situation": question.situation,
        "Objective": question.objective,
        "Time horizon": question.time_horizon,
    }
    asked = "\n\n".join(f"{name}:\n{text}" for name, text in parts.items() if text)
    return PromptMessage(Role.SYSTEM, INSTRUCTIONS), PromptMessage(Role.USER, asked)


def seconds_left(wait_seconds: int, *, since: datetime, now: datetime) -> int:
    """What is left of a wait in whole seconds; all of it where `now` was before it began."""
    passed = (now - since).total_seconds()
    return min(wait_seconds, max(0, ceil(wait_seconds - passed)))


def _checked(field: str, text: str, longest: int) -> str:
    if not 1 <= len(text) <= longest:
        raise InvalidInput(
            f"`{field}` has 1 to {longest} characters, not {len(text)}.", field=field
        )
    if "\0" in text:
        raise InvalidInput(f"`{field}` cannot have a NUL character.", field=field)
    return text
