"""Limits of values as the schema's descriptions promise them; clients rely on these."""

import re
from dataclasses import dataclass

_TEXT = re.compile(r"(?:([\d,]+) to|at most|up to) ([\d,]+)(?: \w+)? characters", re.IGNORECASE)
_ITEMS = re.compile(r"(?:at most|up to) ([\d,]+)", re.IGNORECASE)
_NUMBER = re.compile(r"([\d,]+) to ([\d,]+)")
_LARGEST_NUMBER = 2**31 - 1
_UNBOUNDED_TEXT, _UNBOUNDED_LIST = 10_000, 100


@dataclass(frozen=True, slots=True)
class Limits:
    """The smallest and largest number of characters or items, or of the value itself."""

    minimum: int
    most: int
    is_documented: bool
    """Whether the description states the limit, so that values beyond it are refused."""


def text_limits(description: str) -> Limits:
    """The allowed number of characters."""
    found = _TEXT.search(description)
    if found is None:
        return Limits(0, _UNBOUNDED_TEXT, is_documented=False)
    return Limits(_number(found[1] or "0"), _number(found[2]), is_documented=True)


def list_limits(description: str) -> Limits:
    """The allowed number of items."""
    found = _ITEMS.search(description)
    most = _UNBOUNDED_LIST if found is None else _number(found[1])
    return Limits(0, most, is_documented=found is not None)


def number_limits(description: str) -> Limits:
    """The allowed range of a whole number."""
    found = _NUMBER.search(description)
    if found is None:
        return Limits(0, _LARGEST_NUMBER, is_documented=False)
    return Limits(_number(found[1]), _number(found[2]), is_documented=True)


def _number(text: str) -> int:
    return int(text.replace(",", ""))
