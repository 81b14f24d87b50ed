"""Validating titles, tags and feedback, and deriving a title from the first message."""

import unicodedata
from collections.abc import Sequence

from db.states import FeedbackRating, MessageRole, MessageStatus
from services.mutations.refusals import Conflict, InvalidInput
from services.mutations.texts import excerpt, is_short_text, long_text, short_text

LONGEST_TITLE = 120
UNTITLED = "New conversation"
LONGEST_TAG, MOST_TAGS = 40, 20
LONGEST_COMMENT = 2_000
_LONGEST_DERIVED_TITLE = 60


def checked_title(text: str) -> str:
    """The title without surrounding white space; raises `InvalidInput`."""
    return short_text(text, field="title", name="A title", longest=LONGEST_TITLE)


def checked_tags(tags: Sequence[str]) -> list[str]:
    """The different tags, without white space around them; raises `InvalidInput`."""
    if len(tags) > MOST_TAGS:
        raise InvalidInput(f"A conversation has at most {MOST_TAGS} tags.", field="tags")
    checked = [
        short_text(_composed(one), field="tags", name="A tag", longest=LONGEST_TAG) for one in tags
    ]
    return list(dict.fromkeys(checked))


def tag_to_find(text: str) -> str:
    """The tag as it would be stored; the empty text, which is none, for what cannot be a tag."""
    tag = _composed(text).strip()
    return tag if is_short_text(tag, LONGEST_TAG) else ""


def _composed(tag: str) -> str:
    """One spelling of what looks the same; NFC leaves compatible characters as they are."""
    return unicodedata.normalize("NFC", tag)


def checked_comment(text: str | None, rating: FeedbackRating | None) -> str | None:
    """The comment without surrounding white space; raises `InvalidInput`."""
    if text is None:
        return None
    if rating is None:
        raise InvalidInput("A comment needs a rating that it is about.", field="comment")
    return long_text(text, field="comment", name="A comment", longest=LONGEST_COMMENT)


def check_ratable(role: str, status: str) -> None:
    """Raise `InvalidInput` or `Conflict` for what cannot be rated: only replies that have ended."""
    if role != MessageRole.ASSISTANT:
        raise InvalidInput("Only replies can be rated.", field="messageId")
    if status == MessageStatus.STREAMING:
        raise Conflict("The reply is being written; rate it when it has ended.", field="messageId")


def title_from(content: str) -> str:
    """A title derived from a message: its start, cut between words."""
    return excerpt(content, _LONGEST_DERIVED_TITLE) or UNTITLED
