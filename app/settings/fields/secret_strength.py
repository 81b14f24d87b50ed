"""Estimates whether a secret was drawn at random."""

from collections import Counter
from math import log2

LEAST_BITS = 80
"""Less than 32 random digits have, and more than any repeated word."""


def looks_random(secret: str) -> bool:
    """Whether the secret has at least `LEAST_BITS` of entropy.

    That is the Shannon entropy of the characters in the shortest piece whose repetition gives the
    secret. It only finds secrets that are certainly weak: a sentence from a book passes.
    """
    piece = _repeated_piece(secret)
    counts = Counter(piece).values()
    bits = sum(count * log2(len(piece) / count) for count in counts)
    return bits >= LEAST_BITS


def _repeated_piece(text: str) -> str:
    """The shortest prefix whose repetition, cut at the end, gives the text."""
    # The prefix function of Knuth, Morris and Pratt: the text without its longest border.
    borders = [0] * len(text)
    for place in range(1, len(text)):
        border = borders[place - 1]
        while border and text[place] != text[border]:
            border = borders[border - 1]
        borders[place] = border + (text[place] == text[border])
    return text[: len(text) - borders[-1]] if text else text
