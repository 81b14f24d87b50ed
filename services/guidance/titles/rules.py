"""What the model is asked for a title, and what of its answer becomes one."""

from clients.llm import PromptMessage, Role
from services.mutations.texts import excerpt

TITLE_INSTRUCTIONS = (
    "Give a title to the conversation that begins as follows: at most six words, in the language "
    "of the conversation, without quotation marks and without a full stop. Texts such as [EMAIL_1] "
    "stand for personal details; leave them out. Answer with the title only."
)
MOST_QUOTED = 2_000
"""In characters of each message: the beginning says what it is about."""
LONGEST_ANSWER = 1_000
_LONGEST_TITLE = 60
_MARKS = "\"'`“”„«»*#_ \t"


def title_prompt(question: str, reply: str) -> tuple[PromptMessage, ...]:
    """The prompt for the title of a conversation that begins with these two messages."""
    exchange = f"{question[:MOST_QUOTED]}\n\n---\n\n{reply[:MOST_QUOTED]}"
    return PromptMessage(Role.SYSTEM, TITLE_INSTRUCTIONS), PromptMessage(Role.USER, exchange)


def title_of(answer: str) -> str | None:
    """The title in what the model said: its first line that says anything, without marks."""
    for line in answer.splitlines():
        title = excerpt(line.strip(_MARKS).removesuffix("."), _LONGEST_TITLE)
        if title:
            return title
    return None
