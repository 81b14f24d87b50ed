"""Cursors: opaque, and of one list each.

A cursor carries a checksum over its position and the list it belongs to, so that one that was
changed, or taken from another list, is told apart. It is no signature: whoever forges one gets a
position in a list that they may read anyway.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from struct import Struct

from db.keyset import Position
from gql.errors import BadUserInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PLACE = Struct(">qq")
_CHECKSUM_BYTES = 8
_TEXT_LENGTH = (_PLACE.size + _CHECKSUM_BYTES) * 4 // 3


def encode_cursor(scope: str, at: datetime, key: int) -> str:
    """The cursor of the row `key`, dated `at`, in the list `scope`."""
    place = _PLACE.pack((at - _EPOCH) // _MICROSECOND, key)
    return urlsafe_b64encode(place + _checksum(scope, place)).decode()


def decode_cursor(scope: str, text: str) -> Position:
    """The position of a cursor of the list `scope`; raises `BadUserInput` for any other text."""
    try:
        decoded = urlsafe_b64decode(text.encode("ascii")) if len(text) == _TEXT_LENGTH else b""
    except (NotBase64, UnicodeError):
        decoded = b""
    place, checksum = decoded[: _PLACE.size], decoded[_PLACE.size :]
    if not place or checksum != _checksum(scope, place):
        raise BadUserInput("This is not a cursor of this list.")
    microseconds, key = _PLACE.unpack(place)
    try:
        return Position(at=_EPOCH + microseconds * _MICROSECOND, id=key)
    except OverflowError:  # the checksum is right, and the instant in no calendar
        raise BadUserInput("This is not a cursor of this list.") from None


def _checksum(scope: str, place: bytes) -> bytes:
    return blake2b(place, digest_size=_CHECKSUM_BYTES, key=scope.encode()).digest()
