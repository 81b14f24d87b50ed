"""Where a text names somebody directly: e-mail addresses, IBAN, card and phone numbers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from services.redaction.checked_numbers import cards, ibans
from services.redaction.phone_numbers import phones

_GAP = "\n"


class Kind(Enum):
    """What an identifier is; the value is how placeholders name it."""

    EMAIL = "EMAIL"
    IBAN = "IBAN"
    CARD = "CARD"
    PHONE = "PHONE"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A place in a text, from `start` up to `end`."""

    kind: Kind
    start: int
    end: int


def identifiers_in(text: str) -> list[Identifier]:
    """The identifiers in the order of the text; none overlaps another.

    What could be two kinds is the more certain one: an address, a number with a check, and only
    then what is written as a phone number. In doubt a long number is one.
    """
    found: list[Identifier] = []
    finders = _FINDERS if _DIGIT.search(text) else _WITHOUT_DIGITS
    for kind, spans in finders.items():
        new = [Identifier(kind, start, end) for start, end in spans(text)]
        # What is found is no part of anything else, nor do its neighbours join over it.
        for one in new:
            text = text[: one.start] + _GAP * (one.end - one.start) + text[one.end :]
        found += new
    return sorted(found, key=lambda one: one.start)


# A run of characters is entered at its beginning only, which keeps the search linear.
_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]++(?:'[\w.+%-]++){0,2}"
    r"@(?:[\w-]++\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{2,})",
    re.IGNORECASE,
)


def _emails(text: str) -> Iterator[tuple[int, int]]:
    # Most texts have none, and entering every word of them takes time.
    matches = _EMAIL.finditer(text) if "@" in text else ()
    return (match.span() for match in matches)


_DIGIT = re.compile("[0-9]")
_WITHOUT_DIGITS = {Kind.EMAIL: _emails}
_FINDERS = {Kind.EMAIL: _emails, Kind.IBAN: ibans, Kind.CARD: cards, Kind.PHONE: phones}
