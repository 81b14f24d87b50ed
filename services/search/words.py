"""The words of a text, folded so that case, accents and forms of characters do not matter.

A script that puts no spaces between words (Han, Kana, Thai, Lao, Khmer, Burmese) has no words here
but single characters: what is looked for there is any sequence of them. No word is stemmed.
"""

from collections.abc import Iterator
from typing import NamedTuple
from unicodedata import normalize

import regex

LONGEST_WORD = 60
"""Characters of a word that count; the rest of a longer one is ignored."""
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー々〆"
_TOKEN = regex.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[\p{{L}}\p{{M}}\p{{N}}])+")
_IS_UNSPACED = regex.compile(rf"[{_UNSPACED}]")
_DROPPED = regex.compile(r"[\u0300-\u036f]|[^\p{L}\p{M}\p{N}]")
"""Accents of letters, and what compatible forms have that is no letter."""


class Word(NamedTuple):
    """A folded word, or a character of a script without spaces, and where it stands in the text.

    `is_joined` means that it follows the character before it without anything between them.
    """

    text: str
    start: int
    end: int
    is_character: bool = False
    is_joined: bool = False


def words_in(text: str) -> Iterator[Word]:
    """The words of a text in their order."""
    before = -1
    for found in _TOKEN.finditer(text):
        is_character = _IS_UNSPACED.match(found[0]) is not None
        folded = folded_text(found[0])[:LONGEST_WORD]
        if folded:
            joined = is_character and found.start() == before
            yield Word(folded, found.start(), found.end(), is_character, joined)
        before = found.end() if is_character else -1


def folded_text(word: str) -> str:
    """A word in the form in which it is compared."""
    if word.isascii():
        return word.lower()
    return normalize("NFC", _DROPPED.sub("", normalize("NFKD", word).casefold()))
