"""Numbers with check digits: payment cards (ISO/IEC 7812-1) and IBANs (ISO 13616)."""

import re
from collections.abc import Iterator
from functools import cache

from stdnum import iban, luhn, numdb

_SPACES = " \u00a0\u2009\u202f"
_CARD_LENGTHS = range(13, 20)
_CARD_BEGINNINGS = "23456"
"""First digits of card schemes; timestamps begin with 1 and ISBNs with 9."""
# Digits after a plus sign are a phone number.
_DIGIT_GROUPS = re.compile(rf"(?<![0-9+])[0-9]++(?:[{_SPACES}-][0-9]++)*+")
_GROUP = re.compile("[0-9]+")
# ASCII only: other letters have no value in an IBAN, even if they casefold to A to Z.
_IBAN_FLAGS = re.IGNORECASE | re.ASCII
_IBAN_BEGINNING = re.compile(r"(?<![^\W_])[A-Z]{2}[0-9]{2}", _IBAN_FLAGS)
_IBAN_STRUCTURES = numdb.get("iban")


def cards(text: str) -> Iterator[tuple[int, int]]:
    """The spans of card numbers, written as one or in groups."""
    for run in _DIGIT_GROUPS.finditer(text):
        groups = [group.span() for group in _GROUP.finditer(text, *run.span())]
        first = 0
        while first < len(groups):
            last = _last_group_of_card(text, groups, first)
            if last is not None:
                yield groups[first][0], groups[last][1]
            first = first + 1 if last is None else last + 1


def ibans(text: str) -> Iterator[tuple[int, int]]:
    """The spans of IBANs, written as one or in groups, in upper or lower case."""
    for beginning in _IBAN_BEGINNING.finditer(text):
        pattern = _iban_pattern(beginning.group()[:2].upper())
        whole = pattern.match(text, beginning.start()) if pattern else None
        if whole and _is_iban(re.sub(f"[{_SPACES}-]", "", whole.group())):
            yield whole.span()


def _last_group_of_card(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """The index of the last group of the longest card number that begins at group `first`."""
    found = None
    digits = ""
    for last in range(first, len(groups)):
        digits += text[slice(*groups[last])]
        if len(digits) > _CARD_LENGTHS[-1]:
            break
        if len(digits) in _CARD_LENGTHS and digits[0] in _CARD_BEGINNINGS and luhn.is_valid(digits):
            found = last
    return found


def _is_iban(compact: str) -> bool:
    """Whether check digits and structure are right; banks' own check digits may be mistyped."""
    return iban.is_valid(compact, check_country=False)


@cache
def _iban_pattern(country: str) -> re.Pattern[str] | None:
    """What has the length of the country's IBANs; None where a country has none."""
    _, properties = _IBAN_STRUCTURES.info(country)[0]
    parts = re.findall("([0-9]+)!", properties.get("bban", ""))
    if not parts:
        return None
    more = sum(map(int, parts)) + len("DE89") - 1
    return re.compile(f"[A-Z0-9](?:[{_SPACES}-]?[A-Z0-9]){{{more}}}(?![A-Z0-9])", _IBAN_FLAGS)
