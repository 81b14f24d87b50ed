"""Events of the log that cannot be shown as usual, as any object can be shown."""

from collections.abc import Mapping

_LONGEST = 500
"""Characters of each value."""


def as_ascii(event: Mapping[str, object]) -> dict[str, str]:
    """The event with texts of ASCII for its values; it never raises."""
    texts = ((name, text_of(value)[:_LONGEST]) for name, value in event.items())
    return {name: text if text.isascii() else ascii(text) for name, text in texts}


def text_of(value: object) -> str:
    """The value as a text, or what class it is of."""
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - whatever it does when it is asked
        return f"<{type(value).__name__}>"
