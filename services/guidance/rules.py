"""What may be sent, what of a conversation the model is told, and what an ending costs."""

from collections.abc import Sequence

from clients.llm import PromptMessage, Role
from services.generation.records import Ending, ReplyStatus
from services.guidance.records import ContextWindow, Spoken
from services.texts import long_text

LONGEST_CONTENT = 8_000
INSTRUCTIONS = (
    "You give guidance in a conversation: plain, kind, concrete, and honest about what you do not "
    "know. Texts such as [EMAIL_1] stand for personal details; repeat them unchanged."
)
_TELLING = frozenset({ReplyStatus.COMPLETE, ReplyStatus.STOPPED})


def checked_content(text: str) -> str:
    """The message without surrounding white space; raises `InvalidInput`."""
    return long_text(text, field="content", name="A message", longest=LONGEST_CONTENT)


def prompt(history: Sequence[Spoken], window: ContextWindow) -> tuple[PromptMessage, ...]:
    """What the model is asked: our instructions, and as much of `history` as fits the window.

    `history` is oldest first and ends with the person's message, which is always told whole. Of
    several replies to one message the last is told, and none that failed or is being written.
    """
    told: list[PromptMessage] = []
    characters = 0
    for one in reversed(_effective(history)):
        characters += len(one.content)
        if told and (len(told) == window.messages or characters > window.characters):
            break
        told.append(PromptMessage(Role.ASSISTANT if one.is_reply else Role.USER, one.content))
    return PromptMessage(Role.SYSTEM, INSTRUCTIONS), *reversed(told)


def is_charged(ending: Ending, *, has_text: bool) -> bool:
    """Whether the reserved unit is spent: for a whole reply, or what was there when stopped."""
    return ending.status in _TELLING and has_text


def _effective(history: Sequence[Spoken]) -> list[Spoken]:
    effective: list[Spoken] = []
    for one in history:
        if one.is_reply and (one.status not in _TELLING or not one.content):
            continue
        if one.is_reply and effective and effective[-1].is_reply:
            effective.pop()
        effective.append(one)
    return effective
