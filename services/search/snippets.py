"""What is shown of a message that was found: a piece of it, and where in it the words stand."""

from collections.abc import Sequence
from typing import NamedTuple

from services.search.lexemes import is_misspelling
from services.search.words import Word, words_in

LONGEST_SNIPPET = 240
"""Characters of a snippet, of which as many as possible are what was looked for."""
_LEAD = 60
"""Characters that are shown before the first of them."""
_ELLIPSIS = "…"


class Highlight(NamedTuple):
    """A range of a snippet in UTF-16 code units, as JavaScript counts: its start, and its end."""

    start: int
    end: int


class Snippet(NamedTuple):
    """A piece of a message, and what was found in it."""

    text: str
    highlights: tuple[Highlight, ...]


def snippet_of(content: str, query: str) -> Snippet:
    """The piece of `content` with the most of what `query` looks for."""
    found = _merged(_matches(list(words_in(content)), _runs(query)))
    start, end = _window(content, found)
    before, after = _ELLIPSIS if start else "", _ELLIPSIS if end < len(content) else ""
    inside = [(max(one, start), min(other, end)) for one, other in found]
    highlights = (
        Highlight(
            len(before) + _utf16_length(content[start:one]),
            len(before) + _utf16_length(content[start:other]),
        )
        for one, other in inside
        if one < other
    )
    return Snippet(f"{before}{content[start:end]}{after}", tuple(highlights))


def _runs(query: str) -> list[list[Word]]:
    """The words of a query, and its runs of characters without spaces."""
    runs: list[list[Word]] = []
    for word in words_in(query):
        if word.is_joined:
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _matches(words: Sequence[Word], runs: Sequence[Sequence[Word]]) -> list[tuple[int, int]]:
    """Where the words of a text match those of a query, in the order of the text."""
    found = []
    for at, word in enumerate(words):
        for run in runs:
            if run[0].is_character:
                last = at + len(run) - 1
                if [one.text for one in words[at : last + 1]] == [one.text for one in run] and all(
                    one.is_joined for one in words[at + 1 : last + 1]
                ):
                    found.append((word.start, words[last].end))
            elif not word.is_character and _is_match(word.text, run[0].text):
                found.append((word.start, word.end))
    return found


def _is_match(word: str, wanted: str) -> bool:
    return word.startswith(wanted) or is_misspelling(word, wanted)


def _merged(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges without overlaps; characters side by side that all were found are one range."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _window(content: str, found: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The start and end of the piece that has the most of `found`, cut between words."""
    best, most, behind = 0, 0, 0
    for at, (start, _) in enumerate(found):
        behind = max(behind, at)
        while behind < len(found) and found[behind][1] <= start - _LEAD + LONGEST_SNIPPET:
            behind += 1
        if behind - at > most:
            best, most = start, behind - at
    start = max(0, min(best - _LEAD, len(content) - LONGEST_SNIPPET))
    end = min(len(content), start + LONGEST_SNIPPET)
    return _at_space(content, start, forward=True), _at_space(content, end, forward=False)


_FARTHEST_SPACE = 20


def _at_space(content: str, at: int, *, forward: bool) -> int:
    """The nearest white space to cut at, not to cut a word; `at` itself if there is none near."""
    if at in {0, len(content)}:
        return at
    near = (
        range(at, min(at + _FARTHEST_SPACE, len(content)))
        if forward
        else range(at, max(at - _FARTHEST_SPACE, 0), -1)
    )
    return next((one for one in near if content[one].isspace()), at)


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
