"""Parses JSON of clients with bounds on its depth and its number of values."""

from typing import Any

import orjson

MAX_DEPTH = 100
"""More levels than any document's variables have."""
MAX_VALUES = 2_000
"""More than any document's variables have; all are visited before the request is charged."""


class InvalidJson(ValueError):
    """The text is not JSON, nested too deeply, or has too many values; the message says which."""


# Any: this is JSON of any shape.
def bounded_json(text: bytes | str, *, max_values: int = MAX_VALUES) -> Any:
    """The value of a JSON text; raises `InvalidJson`."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidJson(f"is not JSON ({where})") from None
    # Counting brackets first is cheap, and few texts have enough to be so deep.
    if len(text) > 2 * MAX_DEPTH and _brackets(text) > MAX_DEPTH and _is_deeper(value):
        raise InvalidJson(f"is nested more than {MAX_DEPTH} levels deep")
    if len(text) > max_values and _separators(text) > max_values and _values(value) > max_values:
        raise InvalidJson(f"has more than {max_values} values")
    return value


def _brackets(text: bytes | str) -> int:
    if isinstance(text, str):
        return text.count("{") + text.count("[")
    return text.count(b"{") + text.count(b"[")


def _separators(text: bytes | str) -> int:
    """An upper bound of the number of values: strings may contain commas too."""
    return _brackets(text) + (text.count(",") if isinstance(text, str) else text.count(b","))


def _values(value: Any) -> int:
    """How many values there are, this one included."""
    waiting, count = [value], 0
    while waiting:
        one = waiting.pop()
        count += 1
        if isinstance(one, dict | list):
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return count


def _is_deeper(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
