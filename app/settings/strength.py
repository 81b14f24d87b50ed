"""Whether a secret looks like chance, or like something that somebody would try."""

from collections import Counter
from math import log2

LEAST_BITS = 80
"""Below what 32 digits drawn at random come to, and above any word that is said over and over."""


def looks_random(secret: str) -> bool:
    """Whether the characters differ as much as those of a random secret do.

    Counts Shannon's entropy of the characters, in the shortest piece whose repetition is the whole.
    It can only tell what is weak for certain: a sentence out of a book passes.
    """
    piece = _repeated_piece(secret)
    counts = Counter(piece).values()
    bits = sum(count * log2(len(piece) / count) for count in counts)
    return bits >= LEAST_BITS


def _repeated_piece(text: str) -> str:
    """The shortest beginning that gives the text when it is said over and over, cut at the end."""
    # As the prefix function of Knuth, Morris and Pratt has it: the text less its longest border.
    borders = [0] * len(text)
    for place in range(1, len(text)):
        border = borders[place - 1]
        while border and text[place] != text[border]:
            border = borders[border - 1]
        borders[place] = border + (text[place] == text[border])
    return text[: len(text) - borders[-1]] if text else text
