"""What a short text may be, wherever people and their programs give one; and where to cut it.

Whatever people write on a line is accepted: joiners, marks of direction, and spaces of any script
among it. Refused are line breaks and other control characters, lone surrogates, which are no
characters, and directions that are not closed again, since they go on into what stands beside.
Lengths are counted in characters as Unicode has them (code points), which is what PostgreSQL
counts, and bounds what is stored; only a cut falls between what people see as characters.
"""

import re

import regex

from services.refusal import InvalidInput

_NO_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters, those that end lines and paragraphs, and halves of surrogate pairs."""
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
"""What neither PostgreSQL nor UTF-8 has a place for."""
_EMBEDDINGS, _END_OF_EMBEDDING = "\u202a\u202b\u202d\u202e", "\u202c"
_ISOLATES, _END_OF_ISOLATE = "\u2066\u2067\u2068", "\u2069"
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile("[ \t]+")
_CLUSTER = regex.compile(r"\X")
_WORD_END = regex.compile(r"(?r)[^\S\u00a0\u202f]")
"""White space at which a line may be broken, from the end."""
_SEEN = regex.compile(r"[^\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]")
"""What shows something: fillers, selectors of variants and the empty Braille cell show nothing."""


def short_text(text: str, *, field: str, name: str, longest: int) -> str:
    """A text of one line, without white space around it; raises `InvalidInput`.

    `name` is what the refusal calls it, as in `A title`.
    """
    stripped = text.strip()
    if not is_short_text(stripped, longest) or not _has_something_to_see(stripped):
        raise InvalidInput(
            f"{name} is one line of 1 to {longest} characters, none of them control characters, "
            "with every change of direction closed.",
            field=field,
        )
    return stripped


def is_short_text(text: str, longest: int) -> bool:
    """Whether the text is one line of 1 to `longest` characters, which may be white space."""
    return 1 <= len(text) <= longest and not _NO_LINE.search(text) and _closes_directions(text)


def long_text(text: str, *, field: str, name: str, longest: int) -> str:
    """A text of any number of lines, without white space around it; raises `InvalidInput`."""
    stripped = text.strip()
    if not 1 <= len(stripped) <= longest:
        raise InvalidInput(
            f"{name} has 1 to {longest} characters, not {len(stripped)}.", field=field
        )
    if _NO_TEXT.search(stripped):
        raise InvalidInput(f"{name} cannot have a NUL character or half a one.", field=field)
    return stripped


def beginning(text: str, longest: int) -> str:
    """The beginning of a text as a short text, at most `longest` characters and an ellipsis.

    It is cut between words, or else between grapheme clusters (UAX 29). Empty where there is
    nothing to see in it.
    """
    line = _DIRECTIONS.sub("", _NO_LINE.sub(" ", text))
    line = _SPACES.sub(" ", line).strip()
    if not _has_something_to_see(line):
        return ""
    if len(line) <= longest:
        return line
    cut = _clusters(line, longest)
    end = _WORD_END.search(cut)
    return f"{(cut[: end.start()] if end else cut).rstrip()}…"


def _clusters(line: str, longest: int) -> str:
    """As many whole grapheme clusters as `longest` characters have room for.

    A single one may be longer than that, as no character that anybody writes is: it is cut.
    """
    end = 0
    for cluster in _CLUSTER.finditer(line, 0, longest + 1):
        if cluster.end() > longest:
            break
        end = cluster.end()
    return line[: end or longest]


def _closes_directions(text: str) -> bool:
    """Whether all embeddings, overrides and isolates (UAX 9) end within the text.

    Programs put them in pairs around names and numbers, which people then paste; one that is left
    open turns around what is shown after the text.
    """
    awaited: list[str] = []
    for mark in _DIRECTIONS.findall(text):
        if mark in _EMBEDDINGS:
            awaited.append(_END_OF_EMBEDDING)
        elif mark in _ISOLATES:
            awaited.append(_END_OF_ISOLATE)
        elif not awaited or awaited.pop() != mark:
            return False
    return not awaited


def _has_something_to_see(text: str) -> bool:
    return _SEEN.search(text) is not None
