"""JSON of clients, which may be nested only so deep."""

from typing import Any

import orjson

DEEPEST = 100
"""More levels than any document's variables have."""


class NotJson(ValueError):
    """The text is no JSON, or nested too deep; the message says which."""


# Any: this is JSON of any shape.
def bounded_json(text: bytes | str) -> Any:
    """The value of a JSON text; raises `NotJson`."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise NotJson("is not JSON") from None
    # Only what opens and closes so many brackets can be so deep, and few texts do.
    if len(text) > 2 * DEEPEST and _brackets(text) > DEEPEST and _is_deeper(value):
        raise NotJson(f"is nested more than {DEEPEST} levels deep")
    return value


def _brackets(text: bytes | str) -> int:
    if isinstance(text, str):
        return text.count("{") + text.count("[")
    return text.count(b"{") + text.count(b"[")


def _is_deeper(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
