"""Document ids, as the GraphQL-over-HTTP draft defines them for persisted documents.

https://graphql.github.io/graphql-over-http/draft/#sec-Persisted-Documents
"""

import re
from functools import lru_cache
from hashlib import sha256

HASH_PREFIX = "sha256:"
"""Followed by 64 lower-case digits: the SHA-256 of a document's exact text in UTF-8."""
CUSTOM_PREFIX = "x-"
"""The prefix of ids that are not hashes."""
LONGEST_ID = 200
_DIGITS = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PRINTABLE = re.compile(r"[\x21-\x7e]+", re.ASCII)


def hash_of(text: str) -> str:
    """The id of a document by the hash of its text."""
    return HASH_PREFIX + sha256(text.encode()).hexdigest()


def canonical_id(id_: str) -> str:
    """The id as the registry stores it: a bare SHA-256 gets its prefix."""
    return HASH_PREFIX + id_ if _DIGITS.fullmatch(id_) else id_


def is_hash(id_: str) -> bool:
    """Whether a canonical id is a SHA-256 hash."""
    return id_.startswith(HASH_PREFIX) and _DIGITS.fullmatch(id_, len(HASH_PREFIX)) is not None


@lru_cache(maxsize=1_000)
def is_document_id(id_: str) -> bool:
    """Whether the id has a form of the draft: a hash with its prefix, or a custom id."""
    return is_hash(id_) or (
        id_.startswith(CUSTOM_PREFIX) and is_valid_custom_id(id_) and id_ != CUSTOM_PREFIX
    )


def is_valid_custom_id(id_: str) -> bool:
    """Whether a client may choose this id: printable ASCII, and not too long."""
    return len(id_) <= LONGEST_ID and _PRINTABLE.fullmatch(id_) is not None


def digest_of(id_: str) -> bytes:
    """The SHA-256 in a document id, as bytes."""
    return bytes.fromhex(id_.removeprefix(HASH_PREFIX))


def id_of(digest: bytes) -> str:
    """The document id with this SHA-256."""
    return HASH_PREFIX + digest.hex()
