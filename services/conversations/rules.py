"""What a title may be, and which title a first message gives."""

from services.texts import beginning, short_text

LONGEST_TITLE = 120
UNTITLED = "New conversation"
_LONGEST_DERIVED = 60


def checked_title(text: str) -> str:
    """The title without surrounding white space; raises `InvalidInput`."""
    return short_text(text, field="title", name="A title", longest=LONGEST_TITLE)


def title_from(content: str) -> str:
    """A title out of a message: its beginning, cut between words."""
    return beginning(content, _LONGEST_DERIVED) or UNTITLED
