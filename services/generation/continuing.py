"""Continuing a reply that broke off: how the model is asked for the rest of a text."""

import re
from collections.abc import Sequence

from clients.llm import PromptMessage, Role

LONGEST_QUOTE = 80
"""In characters: what the model is asked to begin with, so that the seam is found for certain."""
_INSTRUCTION = (
    "Your reply above broke off and is to be continued. Begin with its last words, which are "
    "between the marks, exactly as they are: <<<{quote}>>> Then go on with what follows. Say "
    "nothing of the interruption, and repeat nothing else. If the reply is complete, give only "
    "these words."
)
QUOTE = re.compile("<<<(.*)>>>", re.DOTALL)
"""Finds the words with which a continuation is to begin in what the model is asked."""


def continuation_prompt(prompt: Sequence[PromptMessage], written: str) -> tuple[PromptMessage, ...]:
    """The prompt for the rest of a reply of which `written` was shown; whatever model is asked."""
    return (
        *prompt,
        PromptMessage(Role.ASSISTANT, written),
        PromptMessage(Role.USER, _INSTRUCTION.format(quote=last_words(written))),
    )


def last_words(text: str) -> str:
    """The end of a text, from the beginning of a word on if there is one within reach."""
    end = text.rstrip()[-LONGEST_QUOTE:]
    if len(end) == len(text.rstrip()):
        return end
    _, space, words = end.partition(" ")
    return words if space else end
