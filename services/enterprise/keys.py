"""The format of API keys: `gk_<id>_<secret><checksum>`, in lower-case hexadecimal.

The id finds the row. The secret (192 bits) proves possession; only its hash is stored, and its
entropy makes a slow hash pointless. The checksum is the CRC-32 of the text before it: a typo is
found without a query, and scanners can authenticate leaked keys.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from zlib import crc32

_ID_BYTES = 8
_SECRET_BYTES = 24
_CHECKSUM_LENGTH = 8
_KEY = re.compile(r"gk_([0-9a-f]{16})_([0-9a-f]{48})[0-9a-f]{8}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """A well-formed key that has not been looked up yet."""

    key_id: str
    secret_hash: bytes


@dataclass(frozen=True, slots=True)
class GeneratedKey:
    """A new key: `text` goes to its owner, the rest into the database."""

    text: str
    key_id: str
    secret_hash: bytes


def generate_key(random_bytes: Callable[[int], bytes]) -> GeneratedKey:
    """Make a key from `random_bytes`, which must be cryptographically secure."""
    key_id, secret = random_bytes(_ID_BYTES).hex(), random_bytes(_SECRET_BYTES).hex()
    body = f"{key_prefix(key_id)}_{secret}"
    return GeneratedKey(body + _checksum(body), key_id, _hash(secret))


def parse_key(text: str) -> ParsedKey | None:
    """Parse a key; None if the text is not a key or has a typo."""
    match = _KEY.fullmatch(text)
    if match is None or _checksum(text[:-_CHECKSUM_LENGTH]) != text[-_CHECKSUM_LENGTH:]:
        return None
    return ParsedKey(key_id=match[1], secret_hash=_hash(match[2]))


def looks_like_key(text: str) -> bool:
    """Whether it begins as keys do."""
    return text.startswith("gk_")


def matches(key: ParsedKey, secret_hash: bytes) -> bool:
    """Whether `key` has the stored hash, compared in constant time."""
    return compare_digest(key.secret_hash, secret_hash)


def key_prefix(key_id: str) -> str:
    """The part of a key that may be shown and logged."""
    return f"gk_{key_id}"


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _checksum(body: str) -> str:
    return f"{crc32(body.encode()):08x}"
