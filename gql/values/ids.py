"""Global ids: opaque to clients, each of one type."""

from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from binascii import b2a_base64

from strawberry import ID

from gql.errors import BadUserInput

_LARGEST = 2**63 - 1


def global_id(type_name: str, key: int) -> ID:
    """The id of the `type_name` whose row has the id `key`."""
    # Plain base64: ASCII text never yields the characters that the URL-safe alphabet replaces.
    return b2a_base64(f"{type_name}:{key}".encode(), newline=False).decode()  # type: ignore[return-value]  # an ID is a text


def parse_global_id(text: str) -> tuple[str, int]:
    """The type's name and the row's id; raises `BadUserInput` for text that is no global id."""
    try:
        name, _, number = urlsafe_b64decode(text.encode("ascii")).decode("ascii").partition(":")
        key = int(number) if number.isdecimal() else 0
    except (NotBase64, UnicodeError, ValueError):
        name, key = "", 0
    if not 0 < key <= _LARGEST or global_id(name, key) != text:
        raise BadUserInput("This is not an id of this API.")
    return name, key


def key_of(type_name: str, text: str) -> int | None:
    """The row's id in a global id of the type `type_name`; None if it is of another type."""
    name, key = parse_global_id(text)
    return key if name == type_name else None
