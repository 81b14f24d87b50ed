"""Cursors: opaque to clients, each valid in one list.

A cursor holds the name of its list and a position there. It needs no signature: a forged cursor
gives a position in a list that its author may read anyway.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from binascii import b2a_base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from db.page import Position
from gql.errors import BadUserInput

_LONGEST = 200
_LARGEST = 2**63 - 1


def encode_cursor(scope: str, at: datetime, key: int) -> str:
    """The cursor of the row `key`, dated `at`, in the list `scope`."""
    return _encoded(scope, _as_in_rows(at), key)


# Any: rows have columns of every type.
def cursor_of_row(list_name: str, at: str, row: Mapping[str, Any]) -> str:
    """The cursor of a row in its parent's list `list_name`, which is ordered by the column `at`."""
    return _encoded(f"{list_name}:{row['parent_id']}", row[at][1:-1], row["id"])


def decode_cursor(scope: str, text: str) -> Position:
    """The position of a cursor of the list `scope`; raises `BadUserInput` for any other text."""
    try:
        decoded = b64decode(text.encode("ascii"), validate=True) if len(text) <= _LONGEST else b""
        of_list, at_text, number = decoded.decode("ascii").split("|")
        position = Position(at=datetime.fromisoformat(at_text).replace(tzinfo=UTC), id=int(number))
    except (NotBase64, UnicodeError, ValueError):
        raise BadUserInput(_NO_CURSOR) from None
    # Only the exact spelling that `encode_cursor` gives is accepted.
    is_ours = of_list == scope and encode_cursor(scope, *position) == text
    if not is_ours or not 0 < position.id <= _LARGEST:
        raise BadUserInput(_NO_CURSOR)
    return position


_NO_CURSOR = "This is not a cursor of this list."


def _encoded(scope: str, at: str, key: int) -> str:
    return b2a_base64(f"{scope}|{at}|{key}".encode(), newline=False).decode()


def _as_in_rows(at: datetime) -> str:
    """The instant as PostgreSQL writes it in JSON: without trailing zeros of the fraction."""
    text = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    return text.rstrip("0") if at.microsecond else text
