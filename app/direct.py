"""The way of a posted operation: past Starlette's routes, straight to the endpoint."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

GRAPHQL_PATH = "/graphql"


class GraphQLShortcut:
    """Passes what is posted to /graphql to `graphql`, once there is one, and the rest on."""

    def __init__(self, others: ASGIApp) -> None:
        self._others = others
        self.graphql = others

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request, a WebSocket or the server's own messages on."""
        is_posted = scope.get("method") == "POST" and scope["path"] == GRAPHQL_PATH
        return (self.graphql if is_posted else self._others)(scope, receive, send)
