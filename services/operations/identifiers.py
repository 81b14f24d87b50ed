"""The ids of documents, as the GraphQL-over-HTTP draft's persisted documents have them.

https://graphql.github.io/graphql-over-http/draft/#sec-Persisted-Documents
"""

import re
from functools import lru_cache
from hashlib import sha256

HASHED = "sha256:"
"""Before the 64 lower-case digits of the SHA-256 of a document's exact text in UTF-8."""
OWN = "x-"
"""Before ids that are no hash."""
LONGEST_ID = 200
_DIGITS = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PRINTABLE = re.compile(r"[\x21-\x7e]+", re.ASCII)


def hash_of(text: str) -> str:
    """The id that a document has by its text."""
    return HASHED + sha256(text.encode()).hexdigest()


def canonical(id_: str) -> str:
    """An id of a client as the registry knows it: a bare SHA-256 is given its prefix."""
    return HASHED + id_ if _DIGITS.fullmatch(id_) else id_


def is_hash(id_: str) -> bool:
    """Whether a canonical id is the SHA-256 of a text."""
    return id_.startswith(HASHED) and _DIGITS.fullmatch(id_, len(HASHED)) is not None


@lru_cache(maxsize=1_000)
def is_document_id(id_: str) -> bool:
    """Whether the draft knows ids like this: a hash with its prefix, or one of somebody's own."""
    return is_hash(id_) or (id_.startswith(OWN) and is_usable(id_) and id_ != OWN)


def is_usable(id_: str) -> bool:
    """Whether a client may call a document so: printable, and not too long."""
    return len(id_) <= LONGEST_ID and _PRINTABLE.fullmatch(id_) is not None


def digest_of(id_: str) -> bytes:
    """The hash in the id of a document."""
    return bytes.fromhex(id_.removeprefix(HASHED))


def id_of(digest: bytes) -> str:
    """The id of the document with this hash."""
    return HASHED + digest.hex()
