"""The text of replies: clearly marked, and the same for the same seed and prompt."""

import hashlib
import random
from collections.abc import Sequence

import orjson

from perf.llm_standin.behaviour import Behaviour, Mode
from perf.llm_standin.continuation import continuation, unfinished_reply
from services.guidance.titles.rules import TITLE_INSTRUCTIONS

MARK = "[stand-in]"
_OPENING = f"{MARK} No language model wrote this reply; it only takes the place of one."
_SENTENCES = (
    "These words are chosen by chance.",
    "They are here so that there is something to read while it arrives.",
    "A real model would answer what was asked.",
    "Set CHAT_LLM_BASE_URL to let one do so.",
    "The same question gets the same words again.",
    "Nothing in here is advice.",
)
_LONGEST_ECHO_PIECE = 4
_TITLE_WORDS = 5


def reply_pieces(behaviour: Behaviour, messages: Sequence[dict[str, str]]) -> list[str]:
    """The reply as the pieces in which it is streamed, one for each token.

    An echo is cut into short pieces regardless of words and of the number of tokens. A reply that
    broke off is continued, if that is what is asked for, and a conversation given a title.
    """
    if messages[0]["content"] == TITLE_INSTRUCTIONS:
        return _title(messages[-1]["content"])
    unfinished = unfinished_reply(messages)
    if unfinished is not None:
        whole = "".join(reply_pieces(behaviour, unfinished.prompt))
        return continuation(unfinished, whole, behaviour.continuation)
    # Seeded by the prompt, so that calls do not influence each other.
    digest = hashlib.sha256(orjson.dumps([behaviour.seed, messages])).digest()
    chance = random.Random(digest)
    if behaviour.mode is Mode.ECHO:
        return [f"{MARK} ", *_cut(messages[-1]["content"], chance)]
    words = _OPENING.split()
    while len(words) < behaviour.tokens:
        words += chance.choice(_SENTENCES).split()
    first, *others = words[: behaviour.tokens]
    return [first, *(f" {word}" for word in others)]


def _title(exchange: str) -> list[str]:
    """The first words of the conversation, which are in its language."""
    question, *_reply = exchange.split("\n---\n")
    words = question.split()[:_TITLE_WORDS]
    return [MARK, *(f" {word}" for word in words)]


def prompt_tokens(messages: Sequence[dict[str, str]]) -> int:
    """Number of tokens (words) in the prompt."""
    return sum(len(message["content"].split()) for message in messages)


def _cut(text: str, chance: random.Random) -> list[str]:
    pieces = []
    while text:
        length = chance.randint(1, _LONGEST_ECHO_PIECE)
        pieces.append(text[:length])
        text = text[length:]
    return pieces
