"""Selects the keys of a provider's key set that may verify tokens (RFC 7517)."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeAlias

from jwt import PyJWK
from jwt.api_jwk import PyJWKSet

ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
"""The asymmetric algorithms that are accepted."""
MOST_KEYS = 100
"""More than any provider has: parsing a megabyte of keys would block the event loop."""
KeyName: TypeAlias = tuple[str, str]
"""A key id and an algorithm: several keys may share either, or both."""


# Any: a key set is JSON of unknown shape.
def keys_by_name(published: Any) -> dict[KeyName, tuple[PyJWK, ...]]:
    """The keys that may verify; raises `ValueError`, and the library's errors if there is none.

    All others are skipped: keys for encryption, of other algorithms, without an id, too short, or
    malformed, and what follows the first hundred.
    """
    match published:
        case {"keys": list(keys)}:
            found = PyJWKSet([*islice(filter(_is_for_signatures, keys), MOST_KEYS)]).keys
        case _:
            raise ValueError("the key set has no list of keys")
    named: dict[KeyName, tuple[PyJWK, ...]] = {}
    for kid, key in _usable(found):
        name = kid, key.algorithm_name
        named[name] = *named.get(name, ()), key
    return named


def _is_for_signatures(key: Any) -> bool:
    """Whether a key has an id, and is not declared for anything but signatures."""
    match key:
        case {"kid": str(), "kty": "RSA" | "EC" | "OKP"}:
            operations = key.get("key_ops")
            return (
                _is_one_of(key.get("use"), "sig")
                and _is_one_of(key.get("alg"), *ALGORITHMS)
                and (
                    operations is None or (isinstance(operations, list) and "verify" in operations)
                )
            )
    return False


def _is_one_of(said: object, *accepted: str) -> bool:
    return said is None or (isinstance(said, str) and said in accepted)


def _usable(keys: list[PyJWK]) -> Iterator[tuple[str, PyJWK]]:
    for key in keys:
        is_long_enough = key.Algorithm.check_key_length(key.key) is None
        if key.key_id is not None and key.algorithm_name in ALGORITHMS and is_long_enough:
            yield key.key_id, key
