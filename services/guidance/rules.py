"""Validating a message, building the prompt, and deciding whether a reply is charged."""

from collections.abc import Sequence

from clients.llm import PromptMessage, Role
from db.states import MessageStatus
from services.generation.records import ReplyOutcome
from services.guidance.records import ContextWindow, HistoryMessage
from services.mutations.texts import long_text

LONGEST_CONTENT = 8_000
INSTRUCTIONS = (
    "You give guidance in a conversation: plain, kind, concrete, and honest about what you do not "
    "know. Texts such as [EMAIL_1] stand for personal details; repeat them unchanged."
)
_USABLE = frozenset({MessageStatus.COMPLETE, MessageStatus.STOPPED})
"""The states of replies whose text is kept and goes into the prompt."""


def validated_content(text: str) -> str:
    """The message without surrounding white space; raises `InvalidInput`."""
    return long_text(text, field="content", name="A message", longest=LONGEST_CONTENT)


def prompt(history: Sequence[HistoryMessage], window: ContextWindow) -> tuple[PromptMessage, ...]:
    """The prompt: our instructions, and as much of `history` as fits the window.

    `history` is oldest first and ends with the person's message, which is always included whole.
    Of several replies to a message only the last is included; failed and unfinished ones are not.
    What is before the person's message may be left out where a model has less room.
    """
    included: list[PromptMessage] = []
    characters = 0
    for one in reversed(_effective(history)):
        characters += len(one.content)
        if included and (len(included) == window.messages or characters > window.characters):
            break
        role = Role.ASSISTANT if one.is_reply else Role.USER
        included.append(PromptMessage(role, one.content, is_optional=bool(included)))
    return PromptMessage(Role.SYSTEM, INSTRUCTIONS), *reversed(included)


def is_charged(outcome: ReplyOutcome, *, has_text: bool) -> bool:
    """Whether the reserved unit is spent: for a complete reply, or a stopped one that has text."""
    return outcome.status in _USABLE and has_text


def _effective(history: Sequence[HistoryMessage]) -> list[HistoryMessage]:
    effective: list[HistoryMessage] = []
    for one in history:
        if one.is_reply and (one.status not in _USABLE or not one.content):
            continue
        if one.is_reply and effective and effective[-1].is_reply:
            effective.pop()
        effective.append(one)
    return effective
