"""Numbers with check digits: payment cards (ISO/IEC 7812-1) and IBANs (ISO 13616)."""

import re
from collections.abc import Iterator
from functools import cache

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
# The lengths of IBANs by country, from SWIFT's registry.
_COUNTRIES_BY_LENGTH = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_IBAN_LENGTHS = {
    country: length
    for length, countries in _COUNTRIES_BY_LENGTH.items()
    for country in countries.split()
}


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
        length = _IBAN_LENGTHS.get(beginning.group()[:2].upper())
        whole = _iban_pattern(length).match(text, beginning.start()) if length else None
        if whole and _has_valid_check_digits(re.sub(f"[{_SPACES}-]", "", whole.group())):
            yield whole.span()


def _last_group_of_card(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """The index of the last group of the longest card number that begins at group `first`."""
    found = None
    digits = ""
    for last in range(first, len(groups)):
        digits += text[slice(*groups[last])]
        if len(digits) > _CARD_LENGTHS[-1]:
            break
        if len(digits) in _CARD_LENGTHS and digits[0] in _CARD_BEGINNINGS and _passes_luhn(digits):
            found = last
    return found


def _passes_luhn(digits: str) -> bool:
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    plain = (int(digit) for digit in digits[-1::-2])
    return (sum(one - 9 if one > 9 else one for one in doubled) + sum(plain)) % 10 == 0  # noqa: PLR2004 - the largest digit


def _has_valid_check_digits(iban: str) -> bool:
    rearranged = iban[4:] + iban[:4]
    return int("".join(str(int(one, 36)) for one in rearranged)) % 97 == 1


@cache
def _iban_pattern(length: int) -> re.Pattern[str]:
    more = f"(?:[{_SPACES}-]?[A-Z0-9]){{{length - 1}}}"
    return re.compile(f"[A-Z0-9]{more}(?![A-Z0-9])", _IBAN_FLAGS)
