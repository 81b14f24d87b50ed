"""ASGI middleware that charges refused requests outside /graphql to the client's address."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.graphql.metering.charge import Throttled
from app.graphql.pipeline.error_formatting import refusal_body
from app.http.exchange import IS_CHARGED
from app.http.graphql_route import GRAPHQL_PATH
from services.callers.principal import Anonymous, Principal

Charge: TypeAlias = Callable[[Principal], Awaitable[None]]
_REFUSED = range(400, 429)
_ITS_OWN_METHODS = frozenset({"GET", "HEAD"})


class RefusalChargingMiddleware:
    """Charges each 4xx response of `app`; answers 429 instead when the address's budget is empty.

    Nothing is charged until `charge` is set. Successful responses are free, so that a flood of bad
    requests from an address never blocks payment events or downloads from it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.charge: Charge | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and charge what is refused."""
        charge = self.charge
        is_charged_there = scope["type"] != "http" or (
            scope["path"] == GRAPHQL_PATH and scope["method"] in _ITS_OWN_METHODS
        )
        if charge is None or is_charged_there:
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        principal = Anonymous(client[0] if client else None)
        is_replaced = False

        async def charged(message: Message) -> None:
            nonlocal is_replaced
            is_refused = message["type"] == "http.response.start" and message["status"] in _REFUSED
            if is_refused and IS_CHARGED not in scope["state"]:
                try:
                    await charge(principal)
                except Throttled as throttled:
                    is_replaced = True
                    await _throttled(throttled)(scope, receive, send)
            if not is_replaced:
                await send(message)

        await self._app(scope, receive, charged)


def _throttled(error: Throttled) -> JSONResponse:
    fields = {"retry-after": f"{error.retry_after_seconds}"}
    return JSONResponse(refusal_body(error.errors, error.code), 429, fields)
