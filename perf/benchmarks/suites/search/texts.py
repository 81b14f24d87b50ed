"""Messages of a person: their words are as common as those of a language, and common ones short."""

from functools import cache
from itertools import accumulate
from math import log2
from random import Random

LETTERS = "etaoinshrdlucmfwypvbgk"
_WORDS = 40_000
_CHARACTERS = 3_000
_FIRST_CHARACTER = 0x4E00
_LEAST_WORDS, _MOST_WORDS = 12, 130
"""Words of a message, 71 on average."""
_EVERY_OTHER, _UNSPACED = 2, 10
"""Which messages have one of two words that never meet, and which are Chinese."""
PERIODS = 10
"""Periods of the person's life, each with a word of its own, in every third message of it."""
_EVERY_THIRD = 3
NEVER_TOGETHER = ("evenings", "mornings")


@cache
def vocabulary() -> tuple[str, ...]:
    """Words by how common they are; the first are of two letters, the last of eleven and more."""
    random = Random("vocabulary")
    words: dict[str, None] = {}
    while len(words) < _WORDS:
        length = 2 + int(log2(1 + len(words)) * 0.6 + random.random() * 2)
        words["".join(random.choices(LETTERS, _weights(len(LETTERS)), k=length))] = None
    return tuple(words)


@cache
def characters() -> tuple[str, ...]:
    """Characters of a script without spaces, by how common they are."""
    return tuple(map(chr, range(_FIRST_CHARACTER, _FIRST_CHARACTER + _CHARACTERS)))


def word_of_period(period: int) -> str:
    """A word that is in every third message of a period, and in no other."""
    return f"period{vocabulary()[period]}"


def text_of(number: int, messages: int) -> str:
    """The text of a person's message, the oldest being number 0."""
    random = Random(f"message {number}")
    count = random.randint(_LEAST_WORDS, _MOST_WORDS)
    if number % _UNSPACED == 0:
        return "".join(random.choices(characters(), cum_weights=_cumulated(_CHARACTERS), k=count))
    words = random.choices(vocabulary(), cum_weights=_cumulated(_WORDS), k=count)
    words.append(NEVER_TOGETHER[number // _EVERY_OTHER % _EVERY_OTHER])
    if number % _EVERY_THIRD == 0:
        words.append(word_of_period(number * PERIODS // messages))
    return " ".join(words)


def _weights(count: int) -> list[float]:
    """Zipf's law: how often words are used is inverse to their rank."""
    return [1 / (rank + 3) for rank in range(count)]


@cache
def _cumulated(count: int) -> list[float]:
    return list(accumulate(_weights(count)))
