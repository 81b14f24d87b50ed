"""Validating a title, and deriving one from the first message."""

from services.mutations.texts import excerpt, short_text

LONGEST_TITLE = 120
UNTITLED = "New conversation"
_LONGEST_DERIVED_TITLE = 60


def checked_title(text: str) -> str:
    """The title without surrounding white space; raises `InvalidInput`."""
    return short_text(text, field="title", name="A title", longest=LONGEST_TITLE)


def title_from(content: str) -> str:
    """A title derived from a message: its start, cut between words."""
    return excerpt(content, _LONGEST_DERIVED_TITLE) or UNTITLED
