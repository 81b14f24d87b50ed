"""The path of the GraphQL endpoint, and a shortcut to it past Starlette's router."""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

GRAPHQL_PATH = "/graphql"


class GraphQLShortcut:
    """Sends `POST /graphql` directly to `graphql`, once that is set, and the rest to `others`."""

    def __init__(self, others: ASGIApp) -> None:
        self._others = others
        self.graphql = others

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Dispatch a request, a WebSocket, or the lifespan."""
        is_posted = scope.get("method") == "POST" and scope["path"] == GRAPHQL_PATH
        return (self.graphql if is_posted else self._others)(scope, receive, send)
