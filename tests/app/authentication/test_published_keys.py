"""Which keys of a provider's set verify which tokens, whatever else is in it."""

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import PyJWTError

from app.authentication.published_keys import MOST_KEYS, keys_by_name

# Any: keys are JSON.
Jwk = dict[str, Any]
RSA = rsa.generate_private_key(65_537, 2_048)
SHORT = rsa.generate_private_key(65_537, 1_024)  # noqa: S505 - to be refused
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()


def published(private: Any, **members: object) -> Jwk:
    """A public key as a provider publishes it, under the id `k`."""
    public = private.public_key()
    to_jwk: Callable[[Any], str] = OKPAlgorithm.to_jwk
    if isinstance(private, rsa.RSAPrivateKey):
        to_jwk = RSAAlgorithm.to_jwk
    elif isinstance(private, ec.EllipticCurvePrivateKey):
        to_jwk = ECAlgorithm.to_jwk
    key: Jwk = json.loads(to_jwk(public))
    return key | {"kid": "k"} | members


def found(*keys: object) -> dict[tuple[str, str], int]:
    return {name: len(some) for name, some in keys_by_name({"keys": list(keys)}).items()}


GOOD = published(RSA)


def test_keys_of_several_kinds_share_an_id() -> None:
    keys = (published(RSA, alg="RS256"), published(RSA, alg="RS512"), published(EC), published(ED))
    for order in (keys, keys[::-1]):
        assert found(*order) == {("k", "RS256"): 1, ("k", "ES256"): 1, ("k", "EdDSA"): 1}


def test_several_keys_of_one_kind_share_an_id() -> None:
    other = rsa.generate_private_key(65_537, 2_048)
    assert found(published(RSA), published(other)) == {("k", "RS256"): 2}


@pytest.mark.parametrize(
    "other",
    [
        published(RSA, use="enc"),
        published(RSA, use=["sig"]),
        published(RSA, alg="RSA-OAEP-256"),
        published(RSA, alg="RS512"),
        published(RSA, alg=["RS256"]),
        published(RSA, alg={}),
        published(RSA, key_ops=["encrypt"]),
        published(RSA, key_ops="verify"),
        published(RSA, kid=5),
        published(RSA, kid=["k"]),
        published(RSA, kid=None),
        published(RSA, n=5),
        published(RSA, n="AQAB", e="AA"),
        published(SHORT),
        {"kid": "k", "kty": "oct", "k": "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ"},
        {"kid": "k", "kty": "EC", "crv": ["P-256"]},
        {"kid": "k", "kty": ["RSA"]},
        published(EC, crv="P-384"),
        published(ec.generate_private_key(ec.SECP256K1()), alg="ES256K"),
        {"kid": "k"},
        {},
        [],
        "k",
        None,
    ],
    ids=range(24),
)
def test_a_key_that_verifies_nothing_hides_none_that_does(other: object) -> None:
    for keys in ((GOOD, other), (other, GOOD)):
        assert found(*keys) == {("k", "RS256"): 1}


def test_a_key_that_says_what_it_is_for() -> None:
    assert found(published(RSA, use="sig", key_ops=["verify"])) == {("k", "RS256"): 1}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
members = st.sampled_from(["kty", "kid", "use", "alg", "key_ops", "n", "e", "crv", "x", "y"])


@pytest.mark.heavy
@given(json_values | st.dictionaries(members, json_values), st.dictionaries(members, json_values))
def test_whatever_else_a_set_holds_a_good_key_is_found(other: object, changes: Jwk) -> None:
    assert found(other, published(EC) | changes, GOOD)["k", "RS256"] >= 1


@given(json_values)
def test_what_is_no_key_set_is_refused(published_: object) -> None:
    with pytest.raises((ValueError, PyJWTError)):
        keys_by_name(published_)


def test_a_library_key_of_the_set_verifies() -> None:
    (key,) = keys_by_name({"keys": [GOOD]})["k", "RS256"]
    assert jwt.decode(jwt.encode({"a": 1}, RSA, "RS256"), key, ["RS256"]) == {"a": 1}


def test_no_more_keys_are_read_than_any_provider_has() -> None:
    keys = (published(ED, kid=f"{number}") for number in range(2 * MOST_KEYS))
    encrypting = [published(RSA, use="enc")] * MOST_KEYS
    names = {kid for kid, _ in found(*encrypting, *keys)}
    assert names == {f"{number}" for number in range(MOST_KEYS)}
