"""Remembers which peer sent a request that a proxy passed on, before the client takes its place."""

from starlette.types import ASGIApp, Receive, Scope, Send

_PEER = "peer"


class PeerMiddleware:
    """Notes the address of the peer in the state of each request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        scope["state"][_PEER] = _address(scope)
        await self._app(scope, receive, send)


def peer_of(scope: Scope) -> str | None:
    """The address of the peer; that of the client if no proxy passed the request on."""
    peer: str | None = scope["state"].get(_PEER)
    return peer or _address(scope)


def _address(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None
