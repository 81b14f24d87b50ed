"""Validation of texts in the input, and shortening a text to one line.

A short text accepts whatever people write on a line: joiners, direction marks, and the spaces of
any script. It refuses line breaks and other control characters, lone surrogates, and directional
marks that are not closed, because they would affect the text displayed next to it. Lengths are
counted in Unicode code points, as PostgreSQL counts them; a text is cut only between grapheme
clusters, which is what people see as characters.
"""

import re

import regex

from services.mutations.refusals import InvalidInput

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters, line and paragraph separators, and lone surrogates."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""What PostgreSQL or UTF-8 cannot store: NUL and lone surrogates."""
_EMBEDDINGS, _END_OF_EMBEDDING = "\u202a\u202b\u202d\u202e", "\u202c"
_ISOLATES, _END_OF_ISOLATE = "\u2066\u2067\u2068", "\u2069"
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile("[ \t]+")
_CLUSTER = regex.compile(r"\X")
_WORD_END = regex.compile(r"(?r)[^\S\u00a0\u202f]")
"""White space at which a line may be broken, from the end."""
_VISIBLE = regex.compile(r"[^\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]")
"""A visible character: fillers, variation selectors and the blank Braille cell are not."""


def short_text(text: str, *, field: str, name: str, longest: int) -> str:
    """One line of text without surrounding white space; raises `InvalidInput`.

    `name` is what the refusal calls it, such as `A title`.
    """
    stripped = text.strip()
    if not is_short_text(stripped, longest) or not _is_visible(stripped):
        raise InvalidInput(
            f"{name} is one line of 1 to {longest} characters, none of them control characters, "
            "with every change of direction closed.",
            field=field,
        )
    return stripped


def is_short_text(text: str, longest: int) -> bool:
    """Whether the text is one line of 1 to `longest` characters, white space included."""
    return 1 <= len(text) <= longest and not _CONTROL.search(text) and _closes_directions(text)


def long_text(text: str, *, field: str, name: str, longest: int) -> str:
    """A text of one or more lines without surrounding white space; raises `InvalidInput`."""
    stripped = text.strip()
    if not 1 <= len(stripped) <= longest:
        raise InvalidInput(
            f"{name} has 1 to {longest} characters, not {len(stripped)}.", field=field
        )
    if _UNSTORABLE.search(stripped):
        raise InvalidInput(f"{name} cannot have a NUL character or half a one.", field=field)
    return stripped


def excerpt(text: str, longest: int) -> str:
    """The start of a text as one line of at most `longest` characters, plus an ellipsis if cut.

    It is cut between words, or else between grapheme clusters (UAX 29). Empty if the text has no
    visible character.
    """
    line = _DIRECTIONS.sub("", _CONTROL.sub(" ", text))
    line = _SPACES.sub(" ", line).strip()
    if not _is_visible(line):
        return ""
    if len(line) <= longest:
        return line
    cut = _clusters(line, longest)
    end = _WORD_END.search(cut)
    return f"{(cut[: end.start()] if end else cut).rstrip()}…"


def _clusters(line: str, longest: int) -> str:
    """As many whole grapheme clusters as fit into `longest` characters.

    A first cluster that is longer than that, which no real text has, is cut.
    """
    end = 0
    for cluster in _CLUSTER.finditer(line, 0, longest + 1):
        if cluster.end() > longest:
            break
        end = cluster.end()
    return line[: end or longest]


def _closes_directions(text: str) -> bool:
    """Whether all embeddings, overrides and isolates (UAX 9) are closed within the text.

    Programs put them in pairs around names and numbers, which people then paste. One left open
    would reverse the text displayed after this one.
    """
    open_marks: list[str] = []
    for mark in _DIRECTIONS.findall(text):
        if mark in _EMBEDDINGS:
            open_marks.append(_END_OF_EMBEDDING)
        elif mark in _ISOLATES:
            open_marks.append(_END_OF_ISOLATE)
        elif not open_marks or open_marks.pop() != mark:
            return False
    return not open_marks


def _is_visible(text: str) -> bool:
    return _VISIBLE.search(text) is not None
