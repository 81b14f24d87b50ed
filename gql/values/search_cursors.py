"""Cursors of searches: a place in the results, valid for what was looked for alone."""

from base64 import b64decode
from binascii import Error as NotBase64
from binascii import b2a_base64
from hashlib import sha256

from db.page import SearchPosition
from gql.errors import BadUserInput

_NAME, _LONGEST = "found", 200
_DIGITS = 16


def search_digest(*looked_for: object) -> str:
    """What stands for a search in its cursors."""
    return sha256(repr(looked_for).encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def encode_search_cursor(digest: str, place: SearchPosition) -> str:
    """The cursor of a place in the results of the search with a digest."""
    text = "|".join((_NAME, digest, *map(str, place)))
    return b2a_base64(text.encode(), newline=False).decode()


def decode_search_cursor(digest: str, text: str) -> SearchPosition:
    """The place of a cursor of this search; raises `BadUserInput` for any other text."""
    try:
        decoded = b64decode(text.encode("ascii"), validate=True) if len(text) <= _LONGEST else b""
        _, _, *numbers = decoded.decode("ascii").split("|")
        place = SearchPosition(*map(int, numbers))
    except (NotBase64, UnicodeError, ValueError, TypeError):
        place = None
    # Only the exact spelling that `encode_search_cursor` gives is accepted.
    if place is None or encode_search_cursor(digest, place) != text or not _fits(place):
        raise BadUserInput("This is not a cursor of this search.")
    return place


def _fits(place: SearchPosition) -> bool:
    return (
        0 <= place.tier < 2**15 and -(2**31) <= place.place < 2**31 and 0 < place.message_id < 2**63
    )
