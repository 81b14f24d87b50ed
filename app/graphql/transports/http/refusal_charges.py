"""Charges refused requests to their callers, so that floods of bad requests are throttled too."""

from collections.abc import Awaitable, Callable

from app.authentication.authenticator import AuthenticationUnavailable
from app.authentication.verified_tokens import Identity
from app.graphql.metering.charge import THROTTLED, Throttled
from app.graphql.request.http_request import GraphQLHttpRequest
from app.http.error_responses import SERVICE_UNAVAILABLE
from gql.documents.operation import RequestRefused
from services.callers.principal import Anonymous, Principal

UNAUTHENTICATED = Identity(Anonymous(None))
"""Stands for the caller until it is authenticated; its refusals are charged to the address."""
_FREE = frozenset({THROTTLED, SERVICE_UNAVAILABLE})
"""Codes of refusals that are not charged: they are our fault, or charged already."""


class RefusalCharges:
    """Charges refusals with `charge`; gives the `Throttled` to answer instead, if there is one."""

    def __init__(self, charge: Callable[[Principal], Awaitable[None]]) -> None:
        self._charge = charge

    async def charge(
        self, refusal: Exception, request: GraphQLHttpRequest, identity: Identity
    ) -> Throttled | None:
        """Charge a refused request, unless that is our fault."""
        if isinstance(refusal, AuthenticationUnavailable):
            return None
        code = refusal.code if isinstance(refusal, RequestRefused) else ""
        return await self.charge_code(code, request, identity)

    async def charge_code(
        self, code: str, request: GraphQLHttpRequest, identity: Identity
    ) -> Throttled | None:
        """Charge a refusal with this code, unless that is free."""
        if code in _FREE:
            return None
        is_unauthenticated = identity is UNAUTHENTICATED
        try:
            await self._charge(
                Anonymous(request.address) if is_unauthenticated else identity.principal
            )
        except Throttled as throttled:
            return throttled
        return None
