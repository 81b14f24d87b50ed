"""People's tokens: JSON Web Tokens (RFC 7519), signed by us or by the identity provider."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import jwt
from jwt import PyJWK

from app.authentication.key_set import KeySet, UnknownKey
from app.authentication.verified import Claims, VerifiedTokens
from services.clock import Clock
from services.principal import Person

LONGEST_TOKEN = 8_192
_USER_ID = re.compile(r"[1-9]\d{0,18}", re.ASCII)
LARGEST_ID = 2**63 - 1
_LEEWAY_SECONDS = 5
_SYMMETRIC = "HS256"
_ASYMMETRIC = frozenset({"RS256", "ES256", "EdDSA"})
# The library knows only the machine's clock; ours is asked here instead.
_NO_TIMES = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}


class InvalidToken(Exception):
    """The token is not accepted; the message says why and holds nothing of it."""


class TokenVerifier:
    """Accepts HS256 under any of `secrets`, the rest under the keys of `key_set`."""

    def __init__(self, secrets: Sequence[str], key_set: KeySet | None, clock: Clock) -> None:
        self._secrets = tuple(secrets)
        self._key_set = key_set
        self._clock = clock
        self._verified = VerifiedTokens()

    async def verify(self, token: str) -> Claims:
        """Check signature, times and claims; raises `InvalidToken` and `KeySetUnavailable`.

        A token that was accepted is looked at again only when it has ended, or after a while.
        """
        now = self._clock().timestamp()
        claims = self._verified.claims(token, now)
        if claims is None:
            claims = await self._check(token, now)
            self._verified.keep(token, claims, now)
        return claims

    async def _check(self, token: str, now: float) -> Claims:
        if len(token) > LONGEST_TOKEN:
            raise InvalidToken("it is too long")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise InvalidToken("it is malformed") from None
        return _claims(await self._payload(token, header), now)

    # Any: a header and a payload are JSON of unknown shape until their members are checked.
    async def _payload(self, token: str, header: dict[str, Any]) -> dict[str, Any]:
        algorithm = header.get("alg")
        if algorithm == _SYMMETRIC:
            return self._signed_by_us(token)
        is_known = isinstance(algorithm, str) and algorithm in _ASYMMETRIC
        if is_known and self._key_set is not None:
            return await self._signed_by_provider(token, header, self._key_set)
        raise InvalidToken("its algorithm is not accepted")

    def _signed_by_us(self, token: str) -> dict[str, Any]:
        for secret in self._secrets:
            try:
                return jwt.decode(token, secret, [_SYMMETRIC], _NO_TIMES)  # type: ignore[arg-type]  # a plain dict of its options
            except jwt.InvalidSignatureError:
                continue
            except jwt.InvalidTokenError:
                raise InvalidToken("it is malformed") from None
        raise InvalidToken("its signature is wrong")

    async def _signed_by_provider(
        self, token: str, header: dict[str, Any], key_set: KeySet
    ) -> dict[str, Any]:
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise InvalidToken("it does not name its key")
        try:
            key = await key_set.key(kid)
        except UnknownKey:
            raise InvalidToken("its key is not known") from None
        return _decoded(token, key, header["alg"])


def issue_token(
    secret: str, *, user_id: int, roles: Sequence[str], ttl_seconds: int, now: datetime
) -> str:
    """Sign a token of `user_id` that ends `ttl_seconds` after `now`."""
    issued = int(now.timestamp())
    claims = {
        "sub": str(user_id),
        "roles": list(roles),
        "iat": issued,
        "exp": issued + ttl_seconds,
    }
    return jwt.encode(claims, secret, _SYMMETRIC)


def _decoded(token: str, key: PyJWK, algorithm: str) -> dict[str, Any]:
    if key.algorithm_name != algorithm:
        raise InvalidToken("its key is of another algorithm")
    try:
        return jwt.decode(token, key, [algorithm], _NO_TIMES)  # type: ignore[arg-type]  # a plain dict of its options
    except jwt.InvalidSignatureError:
        raise InvalidToken("its signature is wrong") from None
    except jwt.InvalidTokenError:
        raise InvalidToken("it is malformed") from None


def _claims(payload: dict[str, Any], now: float) -> Claims:
    expires_at = _instant(payload, "exp")
    if expires_at is None:
        raise InvalidToken("it does not say when it ends")
    if expires_at <= now:
        raise InvalidToken("it has expired")
    for claim in ("nbf", "iat"):
        instant = _instant(payload, claim)
        if instant is not None and instant > now + _LEEWAY_SECONDS:
            raise InvalidToken("it is not valid yet")
    person = Person(_user_id(payload.get("sub")), _roles(payload.get("roles")))
    return Claims(person, expires_at)


def _instant(payload: dict[str, Any], claim: str) -> float | None:
    value = payload.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken(f"its {claim} is not a time")
    return value


def _user_id(subject: object) -> int:
    if isinstance(subject, str) and _USER_ID.fullmatch(subject) and int(subject) <= LARGEST_ID:
        return int(subject)
    raise InvalidToken("its subject is not a user's id")


def _roles(roles: object) -> frozenset[str]:
    if roles is None:
        return frozenset()
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise InvalidToken("its roles are not a list of texts")
    return frozenset(roles)
