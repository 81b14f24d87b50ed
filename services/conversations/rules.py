"""What a title may be, and which title a first message gives."""

from services.refusal import InvalidInput

LONGEST_TITLE = 120
UNTITLED = "New conversation"
_LONGEST_DERIVED = 60


def checked_title(text: str) -> str:
    """The title without surrounding white space; raises `InvalidInput`."""
    title = text.strip()
    if not 1 <= len(title) <= LONGEST_TITLE or not title.isprintable():
        raise InvalidInput(
            f"A title is one line of 1 to {LONGEST_TITLE} characters.", field="title"
        )
    return title


def title_from(content: str) -> str:
    """A title out of a message: its beginning, cut between words."""
    line = " ".join("".join(one if one.isprintable() else " " for one in content).split())
    if len(line) <= _LONGEST_DERIVED:
        return line or UNTITLED
    cut = line[:_LONGEST_DERIVED]
    beginning = cut.rpartition(" ")[0] or cut
    return f"{beginning}…"
