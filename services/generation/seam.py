"""The seam of a continued text: what the continuation repeats of the text before it is cut off.

Only what is certainly a repetition is cut: the whole text from its beginning, or its end from the
beginning of a word on, at least `LEAST_OVERLAP` characters long. White space is not compared, as
models change it, and composed characters equal decomposed ones.
"""

import unicodedata
from dataclasses import dataclass

LEAST_OVERLAP = 3
"""In characters that are not white space: shorter ones are too often the same by chance."""
LEAST_AFTER_SPACE = 12
"""As many if the continuation begins with a space of its own, as one does that repeats nothing."""
LEAST_RESTART = 24
"""So long a part of the text's beginning shows that the model began again, if differently."""
_LONGEST_COMPARED = 20_000
"""In characters of the text before: an end longer than that is not repeated by accident."""


@dataclass(frozen=True, slots=True)
class _Folded:
    """A text as it is compared, and for each of its characters the offset after it in the text."""

    text: str
    ends: tuple[int, ...]


def _fold(text: str, *, base: int = 0) -> _Folded:
    characters, ends = [], []
    for offset, character in enumerate(text, base + 1):
        if not character.isspace():
            for one in unicodedata.normalize("NFD", character):
                characters.append(one)
                ends.append(offset)
    return _Folded("".join(characters), tuple(ends))


def without_repetition(before: str, continuation: str) -> str:
    """The continuation without what it repeats of the text before; the rest is left as it is."""
    cutter = SeamCutter(before)
    return cutter.feed(continuation) + cutter.end()


class SeamCutter:
    """Cuts the repetition off a continuation that arrives in pieces.

    Text is held back only as long as it may still be a repetition: a continuation that repeats
    nothing is usually let through with its first word. `quote` is the end of `before` that the
    model was asked to begin with: if it does, that is the repetition, whatever else it looks like.
    """

    def __init__(self, before: str, quote: str = "") -> None:
        self._before = before
        self._quote_length = len(_fold(quote).text)
        self._is_quoted = False
        is_long = len(before) > _LONGEST_COMPARED
        self._beginning = _fold(before[:_LONGEST_COMPARED])
        self._end = _fold(before[-_LONGEST_COMPARED:]) if is_long else self._beginning
        self._starts = _word_starts(before[-_LONGEST_COMPARED:], self._end)
        self._candidates = list(range(len(self._end.text)))
        """Offsets in the folded end from which the continuation may be a repetition of it."""
        self._held = ""
        self._folded = _Folded("", ())
        self._overlap = 0
        """The longest overlap found, in folded characters of the continuation."""
        self._restarted = 0
        """How many folded characters equal the beginning of the text."""
        self._is_decided = not self._end.text
        self._strips = False

    def feed(self, piece: str) -> str:
        """Take the next piece, and return what is certain not to be cut by now."""
        if self._is_decided:
            return self._stripped(piece)
        new = _fold(piece, base=len(self._held))
        self._held += piece
        compared = len(self._folded.text)
        self._folded = _Folded(self._folded.text + new.text, self._folded.ends + new.ends)
        self._compare(compared)
        may_restart = self._may_restart
        if self._candidates or may_restart:
            return ""
        return self._cut()

    def end(self) -> str:
        """Return what was held back, at the end of the continuation."""
        return "" if self._is_decided else self._cut()

    def _compare(self, since: int) -> None:
        """Drop the candidates that differ, note those that reach the end of the text before."""
        text, end = self._folded.text, self._end.text
        left = []
        for start in self._candidates:
            length = len(end) - start
            if end[start + since : start + len(text)] != text[since:length]:
                continue
            if length > len(text):
                left.append(start)
            elif length == self._quote_length:
                self._overlap, self._candidates, self._restarted = length, [], 0
                self._is_quoted = True
                return
            elif start in self._starts and length >= self._least_overlap:
                self._overlap = max(self._overlap, length)
        self._candidates = left
        beginning = self._beginning.text
        while self._restarted < min(len(text), len(beginning)):
            if text[self._restarted] != beginning[self._restarted]:
                return
            self._restarted += 1

    @property
    def _least_overlap(self) -> int:
        begins_anew = self._held[0].isspace() and not self._before[-1].isspace()
        return LEAST_AFTER_SPACE if begins_anew else LEAST_OVERLAP

    @property
    def _may_restart(self) -> bool:
        """Whether the continuation may go on to be the text from its beginning."""
        return not self._is_quoted and (
            self._restarted == len(self._folded.text) < len(self._beginning.text)
        )

    def _cut(self) -> str:
        self._is_decided = True
        held, self._held = self._held, ""
        overlap = self._overlap
        if self._restarted >= LEAST_RESTART and self._restarted > overlap:
            return _after_restart(held, self._folded.ends[self._restarted - 1])
        if not overlap:
            return held
        # The white space at the seam is that of the text before, where it has some.
        self._strips = self._before[-1].isspace()
        return self._stripped(held[self._folded.ends[overlap - 1] :])

    def _stripped(self, text: str) -> str:
        if self._strips and text:
            text = text.lstrip()
            self._strips = not text
        return text


def _after_restart(held: str, end: int) -> str:
    """What follows the part that equals the beginning, from the first word that differs."""
    if end < len(held) and not held[end].isspace():
        while end and not held[end - 1].isspace():
            end -= 1
        end = max(0, end - 1)
    return held[end:]


def _word_starts(text: str, folded: _Folded) -> frozenset[int]:
    """The offsets in the folded text at which a word begins, or something that is none."""
    starts = set()
    for index, end in enumerate(folded.ends):
        offset = end - 1
        if index and folded.ends[index - 1] == end:
            continue  # within a decomposed character
        if offset == 0 or not (_joins(text[offset - 1]) and _joins(text[offset])):
            starts.add(index)
    return frozenset(starts)


def _joins(character: str) -> bool:
    """Whether a character is part of a word that its neighbours belong to; ideographs are not."""
    is_wide = unicodedata.east_asian_width(character) in "WF"
    is_word = character.isalnum() or unicodedata.category(character).startswith("M")
    return is_word and not is_wide
