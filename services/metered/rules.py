"""Validating a question, and building the prompt for it."""

from clients.llm import PromptMessage, Role
from services.metered.records import Question
from services.mutations.texts import long_text, short_text

LONGEST_SITUATION = 8_000
LONGEST_OBJECTIVE = 2_000
LONGEST_TIME_HORIZON = 200
INSTRUCTIONS = (
    "You give guidance to somebody who describes a situation and an objective: a plain and "
    "concrete plan, honest about what you do not know. Texts such as [EMAIL_1] stand for personal "
    "details; repeat them unchanged."
)


def validated_question(situation: str, objective: str, time_horizon: str | None) -> Question:
    """The question with the white space around its parts removed; raises `InvalidInput`."""
    return Question(
        situation=long_text(
            situation, field="situation", name="`situation`", longest=LONGEST_SITUATION
        ),
        objective=long_text(
            objective, field="objective", name="`objective`", longest=LONGEST_OBJECTIVE
        ),
        time_horizon=_horizon(time_horizon) if time_horizon and time_horizon.strip() else None,
    )


def prompt(question: Question) -> tuple[PromptMessage, ...]:
    """The prompt: our instructions, and the parts of the question."""
    parts = {
        "Situation": question.situation,
        "Objective": question.objective,
        "Time horizon": question.time_horizon,
    }
    content = "\n\n".join(f"{name}:\n{text}" for name, text in parts.items() if text)
    return PromptMessage(Role.SYSTEM, INSTRUCTIONS), PromptMessage(Role.USER, content)


def _horizon(text: str) -> str:
    return short_text(text, field="timeHorizon", name="`timeHorizon`", longest=LONGEST_TIME_HORIZON)
