"""The text of API keys: `gk_<id>_<secret><checksum>`, all of it lower-case hexadecimal.

The id finds the row, the secret (192 bits) proves possession and is stored only as a hash; its
entropy makes a slow hash pointless. The checksum is the CRC-32 of what stands before it, so that
a typo is noticed without a query and leaked keys can be told from other texts.
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
    """A well-formed key, not yet known to be anybody's."""

    key_id: str
    secret_hash: bytes


@dataclass(frozen=True, slots=True)
class GeneratedKey:
    """A new key: its text for its owner, the rest for the database."""

    text: str
    key_id: str
    secret_hash: bytes


def generate_key(random_bytes: Callable[[int], bytes]) -> GeneratedKey:
    """Make a key out of what `random_bytes` gives, which must be unpredictable."""
    key_id, secret = random_bytes(_ID_BYTES).hex(), random_bytes(_SECRET_BYTES).hex()
    body = f"{key_prefix(key_id)}_{secret}"
    return GeneratedKey(body + _checksum(body), key_id, _hash(secret))


def parse_key(text: str) -> ParsedKey | None:
    """Read a key; None for text that is none, or one with a typo."""
    match = _KEY.fullmatch(text)
    if match is None or _checksum(text[:-_CHECKSUM_LENGTH]) != text[-_CHECKSUM_LENGTH:]:
        return None
    return ParsedKey(key_id=match[1], secret_hash=_hash(match[2]))


def matches(key: ParsedKey, secret_hash: bytes) -> bool:
    """Whether `key` is the one whose hash was stored, compared in constant time."""
    return compare_digest(key.secret_hash, secret_hash)


def key_prefix(key_id: str) -> str:
    """The part of a key that may be shown and logged."""
    return f"gk_{key_id}"


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _checksum(body: str) -> str:
    return f"{crc32(body.encode()):08x}"
