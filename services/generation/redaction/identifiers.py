"""Finding direct identifiers in a text: e-mail addresses, IBANs, card and phone numbers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from services.generation.redaction.checked_numbers import cards, ibans
from services.generation.redaction.phone_numbers import phones

_GAP = "\n"


class IdentifierKind(Enum):
    """The kinds of identifiers; the value is the name in placeholders."""

    EMAIL = "EMAIL"
    IBAN = "IBAN"
    CARD = "CARD"
    PHONE = "PHONE"


@dataclass(frozen=True, slots=True)
class Identifier:
    """The position of an identifier in a text, from `start` up to `end`."""

    kind: IdentifierKind
    start: int
    end: int


def identifiers_in(text: str) -> list[Identifier]:
    """The identifiers in a text, in order and without overlaps.

    If a match could be of two kinds, the more certain one is taken: e-mail addresses first, then
    numbers with check digits, then phone numbers. In doubt, a long number is a phone number.
    """
    found: list[Identifier] = []
    finders = _FINDERS if _DIGIT.search(text) else _WITHOUT_DIGITS
    for kind, spans in finders.items():
        new = [Identifier(kind, start, end) for start, end in spans(text)]
        # Blank out what was found, so that it is not part of another match.
        for one in new:
            text = text[: one.start] + _GAP * (one.end - one.start) + text[one.end :]
        found += new
    return sorted(found, key=lambda one: one.start)


# The look-behind starts a match only at the beginning of a run, so the search is linear.
_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]++(?:'[\w.+%-]++){0,2}"
    r"@(?:[\w-]++\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{2,})",
    re.IGNORECASE,
)


def _emails(text: str) -> Iterator[tuple[int, int]]:
    # Most texts have no e-mail address; this is quicker than trying every word.
    matches = _EMAIL.finditer(text) if "@" in text else ()
    return (match.span() for match in matches)


_DIGIT = re.compile("[0-9]")
_WITHOUT_DIGITS = {IdentifierKind.EMAIL: _emails}
_FINDERS = {
    IdentifierKind.EMAIL: _emails,
    IdentifierKind.IBAN: ibans,
    IdentifierKind.CARD: cards,
    IdentifierKind.PHONE: phones,
}
