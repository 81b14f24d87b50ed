"""Who is asking, from the credential that a request carries."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import structlog

from app.authentication.claims import InvalidToken
from app.authentication.key_set import KeySetUnavailable
from app.authentication.tokens import TokenVerifier
from db.unavailable import DatabaseUnavailable
from services.enterprise.service import EnterpriseService
from services.people import KnownPeople, PersonUnknown
from services.principal import Anonymous, Person, Principal

_log = structlog.get_logger("guidance.authentication")


class NotAuthenticated(Exception):
    """The credential is wrong, expired or revoked; the message is meant for the client."""


class AuthenticationUnavailable(Exception):
    """The credential cannot be checked at the moment."""


class Identity(NamedTuple):
    """The caller, and when the credential ends (Unix seconds) that says so."""

    principal: Principal
    expires_at: float | None = None


@lru_cache(maxsize=1_000)
def _anonymous(address: str | None) -> Identity:
    return Identity(Anonymous(address))


class Authenticator:
    """Reads `Authorization: Bearer` and `X-API-Key`; a request without either is anonymous."""

    def __init__(
        self, tokens: TokenVerifier, enterprise: EnterpriseService, people: KnownPeople
    ) -> None:
        self._tokens = tokens
        self._people = people
        self._enterprise = enterprise

    async def principal(self, headers: Mapping[str, str]) -> Principal:
        """The caller; raises `NotAuthenticated` and `AuthenticationUnavailable`."""
        return (await self.identity(headers)).principal

    async def identity(self, headers: Mapping[str, str], *, address: str | None = None) -> Identity:
        """The caller, at `address`, of what outlives a request; raises as `principal` does."""
        authorization = headers.get("authorization")
        api_key = headers.get("x-api-key")
        if authorization is not None and api_key is not None:
            raise NotAuthenticated("Send a token or an API key, not both.")
        if authorization is not None:
            return await self._person(authorization)
        if api_key is not None:
            return Identity(await self._client(api_key))
        return _anonymous(address)

    async def is_there(self, principal: Principal) -> bool:
        """Whether the caller of what outlives a request has not been erased since."""
        return not isinstance(principal, Person) or await self._people.has(principal.user_id)

    async def _person(self, authorization: str) -> Identity:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticated("The Authorization header must be: Bearer <token>.")
        try:
            claims = await self._tokens.verify(token.strip())
        except InvalidToken as error:
            raise NotAuthenticated(f"The token is not accepted: {error}.") from None
        except KeySetUnavailable as error:
            raise AuthenticationUnavailable("Tokens cannot be checked at the moment.") from error
        if not await self._people.has(claims.person.user_id):
            raise NotAuthenticated(str(PersonUnknown()))
        return Identity(claims.person, claims.expires_at)

    async def _client(self, api_key: str) -> Principal:
        try:
            client = await self._enterprise.recognise(api_key.strip())
        except DatabaseUnavailable as error:
            _log.error("database unavailable", reason=str(error))
            raise AuthenticationUnavailable("API keys cannot be checked at the moment.") from error
        if client is None:
            raise NotAuthenticated("The API key is wrong, expired or revoked.")
        return client
