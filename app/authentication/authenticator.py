"""Finds the caller of a request by its credential."""

from collections.abc import Mapping
from functools import lru_cache

import structlog

from app.authentication.claims import InvalidToken
from app.authentication.key_set import KeySetUnavailable
from app.authentication.tokens import TokenVerifier, looks_like_token
from app.authentication.verified_tokens import Identity
from db.connections.errors import DatabaseUnavailable
from services.callers.people import KnownPeople, PersonUnknown
from services.callers.principal import Anonymous, Person, Principal
from services.enterprise.authentication import ApiKeyService
from services.enterprise.keys import looks_like_key, parse_key

_BEARER, _KEY = "Bearer ", "x-api-key"
_log = structlog.get_logger("guidance.authentication")


class NotAuthenticated(Exception):
    """The credential is wrong, expired or revoked; the message is meant for the client."""


class AuthenticationUnavailable(Exception):
    """The credential cannot be checked at the moment."""


@lru_cache(maxsize=1_000)
def _anonymous(address: str | None) -> Identity:
    return Identity(Anonymous(address))


class Authenticator:
    """Reads `Authorization: Bearer` and `X-API-Key`; a request without either is anonymous."""

    def __init__(
        self, tokens: TokenVerifier, enterprise: ApiKeyService, people: KnownPeople
    ) -> None:
        self._tokens = tokens
        self._people = people
        self._enterprise = enterprise

    def cached_identity(self, headers: Mapping[str, str]) -> Identity | None:
        """The identity of a cached token, without waiting; None if `identity` is needed."""
        authorization = headers.get("authorization")
        if authorization is None or not authorization.startswith(_BEARER) or _KEY in headers:
            return None
        claims = self._tokens.cached_claims(authorization[len(_BEARER) :])
        if claims is None or not self._people.is_known(claims.person.user_id):
            return None
        return claims.identity

    async def principal(self, headers: Mapping[str, str]) -> Principal:
        """The caller; raises `NotAuthenticated` and `AuthenticationUnavailable`."""
        return (await self.identity(headers)).principal

    async def identity(self, headers: Mapping[str, str], *, address: str | None = None) -> Identity:
        """The caller, and when its credential expires; raises as `principal` does."""
        authorization = headers.get("authorization")
        api_key = headers.get(_KEY)
        if authorization is not None and api_key is not None:
            raise NotAuthenticated("Send a token or an API key, not both.")
        if authorization is not None:
            return await self._person(authorization)
        if api_key is not None:
            return Identity(await self._client(api_key))
        return _anonymous(address)

    async def still_exists(self, principal: Principal) -> bool:
        """Whether the caller of a long-lived connection has not been erased meanwhile."""
        return not isinstance(principal, Person) or await self._people.has(principal.user_id)

    async def _person(self, authorization: str) -> Identity:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticated("The Authorization header must be: Bearer <token>.")
        try:
            claims = await self._tokens.verify(token.strip())
        except InvalidToken as error:
            why = "it is an API key, for `X-API-Key`" if looks_like_key(token.strip()) else error
            raise NotAuthenticated(f"The token is not accepted: {why}.") from None
        except KeySetUnavailable as error:
            raise AuthenticationUnavailable("Tokens cannot be checked at the moment.") from error
        if not await self._people.has(claims.person.user_id):
            raise NotAuthenticated(str(PersonUnknown()))
        return claims.identity

    async def _client(self, api_key: str) -> Principal:
        try:
            client = await self._enterprise.authenticate(api_key.strip())
        except DatabaseUnavailable as error:
            _log.error("database unavailable", reason=str(error))
            raise AuthenticationUnavailable("API keys cannot be checked at the moment.") from error
        if client is None:
            raise NotAuthenticated(f"The API key {_fault_of(api_key.strip())}.")
        return client


def _fault_of(refused_key: str) -> str:
    if looks_like_token(refused_key):
        return "is a person's token, for `Authorization: Bearer …`"
    if parse_key(refused_key) is None:
        return "is mistyped: copy it whole, without spaces or quotes"
    return "is wrong, expired or revoked"
