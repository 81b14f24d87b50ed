"""People's tokens: which are accepted, and that nothing else is."""

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from app.authentication.claims import InvalidToken
from app.authentication.key_set import KeySet
from app.authentication.tokens import LONGEST_TOKEN, TokenVerifier, issue_token
from app.authentication.verified_tokens import Claims
from services.callers.principal import Person
from tests.fixtures.outside.key_server import KeyServer, key_server
from tests.fixtures.stores.world import NOW

CURRENT, PREVIOUS, OTHER = (f"{name} secret, long enough to be used" for name in "ABC")
HOUR = 3_600
EXPIRES = int(NOW.timestamp()) + HOUR
CLAIMS = {"sub": "7", "roles": ["ops"], "iat": EXPIRES - HOUR, "exp": EXPIRES}


def verify(token: str, *, now: datetime = NOW) -> Claims:
    """What a server with two secrets and no key set makes of a token."""
    verifier = TokenVerifier((CURRENT, PREVIOUS), None, lambda: now)
    return asyncio.run(verifier.verify(token))


def signed(claims: dict[str, Any], secret: str = CURRENT) -> str:
    return jwt.encode(claims, secret, "HS256")


def shaped(header: bytes, payload: bytes = b"{}") -> str:
    """What has the shape of a token, and no signature that means anything."""
    return ".".join(
        urlsafe_b64encode(part).decode().rstrip("=") for part in (header, payload, b"signature")
    )


@pytest.mark.parametrize("secret", [CURRENT, PREVIOUS])
def test_a_token_of_ours_is_accepted_under_each_secret(secret: str) -> None:
    token = issue_token(secret, user_id=7, roles=("ops",), ttl_seconds=HOUR, now=NOW)
    assert verify(token) == Claims(Person(7, frozenset({"ops"})), EXPIRES)


def test_a_token_ends_at_its_instant() -> None:
    token = signed(CLAIMS)
    last = NOW + timedelta(seconds=HOUR, microseconds=-1)
    assert verify(token, now=last).person.user_id == 7
    with pytest.raises(InvalidToken, match="it has expired"):
        verify(token, now=NOW + timedelta(seconds=HOUR))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": None}, "does not say when it ends"),
        ({"exp": "tomorrow"}, "its exp is not a time"),
        ({"exp": True}, "its exp is not a time"),
        *(
            ({claim: value}, f"its {claim} is not a time")
            for claim in ("exp", "nbf", "iat")
            for value in (float("nan"), float("inf"), float("-inf"), 10**400, 1e30, -1, "1", [1])
        ),
        ({"nbf": EXPIRES}, "not valid yet"),
        ({"iat": EXPIRES}, "not valid yet"),
        ({"sub": None}, "its subject is not a user's id"),
        ({"sub": "0"}, "its subject is not a user's id"),
        ({"sub": "-1"}, "its subject is not a user's id"),
        ({"sub": "1.0"}, "its subject is not a user's id"),
        ({"sub": "\u0667"}, "its subject is not a user's id"),
        ({"sub": "9" * 19}, "its subject is not a user's id"),
        ({"sub": "1" * 20}, "its subject is not a user's id"),
        ({"roles": "ops"}, "its roles are not a list of texts"),
        ({"roles": [1]}, "its roles are not a list of texts"),
    ],
)
def test_claims_that_are_not_accepted(changes: dict[str, Any], reason: str) -> None:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    with pytest.raises(InvalidToken, match=reason):
        verify(signed(claims))


def test_roles_may_be_left_out() -> None:
    assert verify(signed({"sub": "7", "exp": EXPIRES})) == Claims(Person(7, frozenset()), EXPIRES)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (signed(CLAIMS, OTHER), "its signature is wrong"),
        (
            signed(CLAIMS | {"sub": "8"}).rpartition(".")[0]
            + "."
            + signed(CLAIMS).rpartition(".")[2],
            "its signature is wrong",
        ),
        (jwt.encode(CLAIMS, "", "none"), "its algorithm is not accepted"),
        (jwt.encode(CLAIMS, CURRENT * 2, "HS512"), "its algorithm is not accepted"),
        ("", "it is empty"),
        ("a.b.c", "it is malformed"),
        ("x" * (LONGEST_TOKEN + 1), "it is too long"),
        (shaped(b'{"alg":"HS256","crit":[{}]}'), "it is malformed"),
        (shaped(b'{"alg":"HS256","x":' + b"[" * 5_000), "it is malformed"),
        (shaped(b'{"alg":"HS256","x":' + b"1" * 5_000 + b"}"), "it is malformed"),
        (shaped(b'{"alg":["HS256"]}'), "its algorithm is not accepted"),
        (signed(CLAIMS) + "\ud800", "it is malformed"),
        (signed(CLAIMS) + "\n", "it is malformed"),
    ],
)
def test_tokens_that_are_not_accepted(token: str, reason: str) -> None:
    with pytest.raises(InvalidToken, match=reason):
        verify(token)


def test_a_payload_of_deep_nesting_that_we_signed() -> None:
    with pytest.raises(InvalidToken, match="it is malformed"):
        verify(jwt.api_jws.encode(b'{"sub":' + b"[" * 5_000, CURRENT, "HS256"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.text())
def test_any_text_is_refused_cleanly(text: str) -> None:
    with pytest.raises(InvalidToken):
        verify(text)


@pytest.mark.heavy
@given(
    st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64"]), json_values),
    st.dictionaries(st.sampled_from([*CLAIMS, "nbf", "aud", "iss", "jti"]), json_values),
    st.binary(max_size=40),
)
def test_anything_shaped_like_a_token_is_refused_cleanly(
    header: dict[str, Any], claims: dict[str, Any], signature: bytes
) -> None:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    with pytest.raises(InvalidToken):
        verify(".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts))


@pytest.mark.heavy
@given(st.dictionaries(st.sampled_from([*CLAIMS, "nbf", "aud", "iss", "jti"]), json_values))
def test_anything_signed_by_us_is_accepted_or_refused_cleanly(claims: dict[str, Any]) -> None:
    token = jwt.api_jws.encode(json.dumps(claims).encode(), CURRENT, "HS256")
    with suppress(InvalidToken):
        assert verify(token).person


# Any: the private keys of three kinds.
KEYS: dict[str, tuple[Any, Callable[[Any], str]]] = {
    "RS256": (rsa.generate_private_key(65_537, 2_048), RSAAlgorithm.to_jwk),
    "ES256": (ec.generate_private_key(ec.SECP256R1()), ECAlgorithm.to_jwk),
    "EdDSA": (ed25519.Ed25519PrivateKey.generate(), OKPAlgorithm.to_jwk),
}


@pytest.fixture(scope="module")
def provider() -> Iterator[KeyServer]:
    """An identity provider with a key of each kind, named like its algorithm."""
    with key_server() as server:
        server.keys = [
            json.loads(to_jwk(private.public_key())) | {"kid": algorithm, "alg": algorithm}
            for algorithm, (private, to_jwk) in KEYS.items()
        ]
        yield server


def verify_with(provider: KeyServer, token: str) -> Claims:
    async def verify_there() -> Claims:
        async with KeySet(provider.url) as key_set:
            return await TokenVerifier((CURRENT,), key_set, lambda: NOW).verify(token)

    return asyncio.run(verify_there())


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_providers_tokens_are_accepted(provider: KeyServer, algorithm: str) -> None:
    token = jwt.encode(CLAIMS, KEYS[algorithm][0], algorithm, {"kid": algorithm})
    assert verify_with(provider, token) == Claims(Person(7, frozenset({"ops"})), EXPIRES)


def test_a_public_key_does_not_sign_as_a_secret(provider: KeyServer) -> None:
    public = KEYS["RS256"][0].public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    parts = [json.dumps(one).encode() for one in ({"alg": "HS256", "kid": "RS256"}, CLAIMS)]
    body = b".".join(urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(body, pem)
    token = (body + b"." + urlsafe_b64encode(signature).rstrip(b"=")).decode()
    with pytest.raises(InvalidToken, match="its signature is wrong"):
        verify_with(provider, token)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"kid": "ES256"}, "its key is not known"),
        ({"kid": "unheard"}, "its key is not known"),
        ({}, "it does not name its key"),
    ],
)
def test_tokens_that_name_no_fitting_key(
    provider: KeyServer, headers: dict[str, str], reason: str
) -> None:
    token = jwt.encode(CLAIMS, KEYS["RS256"][0], "RS256", headers)
    with pytest.raises(InvalidToken, match=reason):
        verify_with(provider, token)


def test_another_providers_signature(provider: KeyServer) -> None:
    stranger = ed25519.Ed25519PrivateKey.generate()
    with pytest.raises(InvalidToken, match="its signature is wrong"):
        verify_with(provider, jwt.encode(CLAIMS, stranger, "EdDSA", {"kid": "EdDSA"}))
