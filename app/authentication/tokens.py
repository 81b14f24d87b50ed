"""People's tokens: JSON Web Tokens (RFC 7519), signed by us or by the identity provider."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import jwt
from jwt import PyJWK

from app.authentication.claims import InvalidToken, claims_of
from app.authentication.key_set import KeySet, UnknownKey
from app.authentication.published_keys import ALGORITHMS
from app.authentication.verified_tokens import Claims, VerifiedTokens
from services.clock import Clock

LONGEST_TOKEN = 8_192
_COMPACT = re.compile(r"[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]*", re.ASCII)
_SYMMETRIC = "HS256"
# The library knows only the machine's clock; ours is asked instead.
_LIBRARY = jwt.PyJWT(
    {
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "verify_aud": False,
        "verify_sub": False,
        "verify_jti": False,
        "enforce_minimum_key_length": True,
    }
)
_NOTHING: tuple[float, Claims | None] = (0.0, None)
T = TypeVar("T")


class TokenVerifier:
    """Accepts HS256 under any of `secrets`, the rest under the keys of `key_set`."""

    def __init__(self, secrets: Sequence[str], key_set: KeySet | None, clock: Clock) -> None:
        self._secrets = tuple(secrets)
        self._key_set = key_set
        self._clock = clock
        self._verified = VerifiedTokens()

    def cached_claims(self, token: str) -> Claims | None:
        """The claims of a token in the cache that has not expired, without waiting."""
        until, claims = self._verified.get(token, _NOTHING)
        return claims if claims is not None and until > self._clock().timestamp() else None

    async def verify(self, token: str) -> Claims:
        """Check signature, times and claims; raises `InvalidToken` and `KeySetUnavailable`.

        An accepted token is cached for a while.
        """
        now = self._clock().timestamp()
        claims = self._verified.claims(token, now)
        if claims is None:
            claims = await self._check(token, now)
            self._verified.keep(token, claims, now)
        return claims

    async def _check(self, token: str, now: float) -> Claims:
        if not token:
            raise InvalidToken("it is empty")
        if len(token) > LONGEST_TOKEN:
            raise InvalidToken("it is too long")
        if not _COMPACT.fullmatch(token):
            raise InvalidToken("it is malformed")
        header = _read(lambda: jwt.get_unverified_header(token))
        algorithm = header.get("alg")
        if algorithm == _SYMMETRIC:
            return claims_of(_payload(token, self._secrets, _SYMMETRIC), now)
        if isinstance(algorithm, str) and algorithm in ALGORITHMS and self._key_set is not None:
            keys = await _keys(self._key_set, header.get("kid"), algorithm)
            return claims_of(_payload(token, keys, algorithm), now)
        raise InvalidToken("its algorithm is not accepted")


def issue_token(
    secret: str, *, user_id: int, roles: Sequence[str], ttl_seconds: int, now: datetime
) -> str:
    """Sign a token of `user_id` that expires `ttl_seconds` after `now`."""
    issued = int(now.timestamp())
    claims = {
        "sub": str(user_id),
        "roles": list(roles),
        "iat": issued,
        "exp": issued + ttl_seconds,
    }
    return jwt.encode(claims, secret, _SYMMETRIC)


async def _keys(key_set: KeySet, kid: object, algorithm: str) -> Sequence[PyJWK]:
    if not isinstance(kid, str):
        raise InvalidToken("it does not name its key")
    try:
        return await key_set.keys(kid, algorithm)
    except UnknownKey:
        raise InvalidToken("its key is not known") from None


def looks_like_token(text: str) -> bool:
    """Whether it has the form of a token, whatever it says."""
    return len(text) <= LONGEST_TOKEN and _COMPACT.fullmatch(text) is not None


# Any: a payload is JSON of unknown shape until its members are checked.
def _payload(token: str, keys: Iterable[str | PyJWK], algorithm: str) -> dict[str, Any]:
    """The payload, verified with the first key whose signature matches."""
    for key in keys:
        try:
            return _read(lambda: _LIBRARY.decode(token, key, [algorithm]))  # noqa: B023 - it is called here
        except jwt.InvalidSignatureError:
            continue
    raise InvalidToken("its signature is wrong")


def _read(read: Callable[[], T]) -> T:
    """Call the library; any failure but a wrong signature means that the token is malformed.

    Besides its own errors the library raises those of too deeply nested JSON, and of members
    whose types it does not check.
    """
    try:
        return read()
    except jwt.InvalidSignatureError:
        raise
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidToken("it is malformed") from None
