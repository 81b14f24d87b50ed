"""Limits of values as the schema's descriptions promise them; clients rely on these."""

import re
from dataclasses import dataclass

_TEXT = re.compile(r"(?:([\d,]+) to|at most|up to) ([\d,]+)(?: \w+)? characters", re.IGNORECASE)
_ITEMS = re.compile(r"(?:at most|up to) ([\d,]+)", re.IGNORECASE)
_NUMBER = re.compile(r"([\d,]+) to ([\d,]+)")
_LARGEST_NUMBER = 2**31 - 1
_UNBOUNDED_TEXT, _UNBOUNDED_LIST = 10_000, 100


@dataclass(frozen=True, slots=True)
class Bounds:
    """The smallest and largest number of characters or items, or of the value itself."""

    least: int
    most: int
    is_promised: bool
    """Whether the description states the limit, so that values beyond it are refused."""


def of_text(description: str) -> Bounds:
    """The allowed number of characters."""
    found = _TEXT.search(description)
    if found is None:
        return Bounds(0, _UNBOUNDED_TEXT, is_promised=False)
    return Bounds(_number(found[1] or "0"), _number(found[2]), is_promised=True)


def of_list(description: str) -> Bounds:
    """The allowed number of items."""
    found = _ITEMS.search(description)
    most = _UNBOUNDED_LIST if found is None else _number(found[1])
    return Bounds(0, most, is_promised=found is not None)


def of_number(description: str) -> Bounds:
    """The allowed range of a whole number."""
    found = _NUMBER.search(description)
    if found is None:
        return Bounds(0, _LARGEST_NUMBER, is_promised=False)
    return Bounds(_number(found[1]), _number(found[2]), is_promised=True)


def _number(text: str) -> int:
    return int(text.replace(",", ""))
