"""Finding phone numbers by how they are written, since they have no check digits."""

import re
from collections.abc import Iterator

_SPACE = " \u00a0\u2009\u202f"
_BETWEEN = rf"[{_SPACE}.\-/()]{{0,3}}"
# Not within a word, a decimal, a date or a time.
_NOT_AFTER = r"(?<![\w+])(?<![0-9][.,:/\-])"
_NOT_BEFORE = r"(?![0-9]|:[0-9])"
_DAY, _MONTH = "(?:0[1-9]|[12][0-9]|3[01])", "(?:0[1-9]|1[0-2])"
_NOT_A_DATE = rf"(?!(?:19|20)[0-9]{{2}}{_MONTH}{_DAY})"
_DATE = re.compile(
    r"(?<![0-9])(?:[0-9]{1,2}([./-])[0-9]{1,2}\1(?:[0-9]{4}|[0-9]{2})|[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?![0-9])"
)
# +49 30 1234567, +1 (415) 555-0132, 0049 30 1234567
_INTERNATIONAL = rf"(?<![0-9+])(?:\+\(?|00)[1-9](?:{_BETWEEN}[0-9]){{6,14}}{_NOT_BEFORE}"
# 030 1234567, (0171) 1234567, 01 23 45 67 89
_WITH_TRUNK_PREFIX = rf"{_NOT_AFTER}\(?0[1-9](?:{_BETWEEN}[0-9]){{7,11}}(?![0-9]|[.,:][0-9])"
# (11) 96123-4567, 8 (912) 345-67-89
_WITH_AREA_CODE = (
    rf"{_NOT_AFTER}(?:[0-9][{_SPACE}]?)?\([1-9][0-9]{{1,3}}\)"
    rf"(?:[{_SPACE}.\-]?[0-9]){{6,9}}(?![0-9]|[.,:][0-9])"
)
# 131 2345 6789
_IN_LONG_GROUPS = (
    rf"{_NOT_AFTER}[1-9][0-9]{{2}}(?P<gap>[{_SPACE}.\-])[0-9]{{4}}(?P=gap)[0-9]{{4}}{_NOT_BEFORE}"
)
# 415-555-0132, (415) 555 0132, 1.415.555.0132
_NORTH_AMERICAN = (
    rf"{_NOT_AFTER}(?:1[{_SPACE}.\-])?(?:\([0-9]{{3}}\)[{_SPACE}]?|[0-9]{{3}}[{_SPACE}.\-/])"
    rf"[0-9]{{3}}[{_SPACE}.\-][0-9]{{4}}{_NOT_BEFORE}"
)
# 4155550132, 491711234567; ten digits that begin with 1 are more often a timestamp.
_WITHOUT_SEPARATORS = (
    rf"{_NOT_AFTER}{_NOT_A_DATE}(?:[2-9][0-9]{{9,14}}|1[2-9][0-9]{{9}})(?![\w]|[.,:][0-9])"
)
# All alternatives begin with one of these; checking that first saves time at every character.
_BEGINNING = "(?=[0-9+(])"
_PHONE = re.compile(
    rf"{_BEGINNING}(?:"
    rf"(?P<certain>{_INTERNATIONAL}|{_NORTH_AMERICAN}|{_WITHOUT_SEPARATORS}|{_IN_LONG_GROUPS})"
    rf"|{_WITH_TRUNK_PREFIX}|{_WITH_AREA_CODE})"
)


def phones(text: str) -> Iterator[tuple[int, int]]:
    """The spans of phone numbers: of 7 digits or more with a country code, else of 9 or more."""
    for match in _PHONE.finditer(text):
        if match["certain"] or not _DATE.search(match.group()):
            yield match.span()
