"""Around every request and WebSocket: an id in and out, its duration, one line in the log."""

from time import perf_counter

from starlette.types import ASGIApp, Receive, Scope, Send

from app.direct import GRAPHQL_PATH
from app.exchange import BROKEN_OFF, EXCHANGE, Exchange
from app.logs import log_request
from app.logs.rendering import escaped
from app.request_head import HEAD, RequestHead, request_id_from
from app.whole_answers import CYCLE

ADMITTED_AT = "admitted_at"
"""Key, in the state of a request, of when it was admitted, where it had to wait to be begun."""
_LONGEST_SHOWN = 100
_QUIET_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestContextMiddleware:
    """Gives each HTTP request and WebSocket its id and its `Exchange`, in the request's state.

    At its end a request has a line in the log, of which the exchange's `log` is part. What a proxy
    has passed on is answered by `proxied`, which puts its client's address in the place of its own.
    """

    def __init__(self, app: ASGIApp, proxied: ASGIApp | None = None) -> None:
        self._app = app
        self._proxied = proxied or app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the server's own messages untouched."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        started = state.pop(ADMITTED_AT, None) or perf_counter()
        head = state.pop(HEAD, None) or RequestHead(scope["headers"])
        request_id = request_id_from(head.offered_id)
        path = scope["path"]
        log: dict[str, object] = {
            "request_id": request_id,
            "method": scope.get("method", "GET"),
            "path": path if path == GRAPHQL_PATH else shown_path(path),
        }
        exchange = Exchange(request_id, head, log, send, state.pop(CYCLE, None))
        state[EXCHANGE] = exchange
        try:
            app = self._proxied if head.is_forwarded else self._app
            await app(scope, receive, exchange)
        finally:
            # Left there, it would be part of a circle, which only the collector undoes.
            del state[EXCHANGE]
            if path not in _QUIET_PATHS:
                log["status"] = state.get(BROKEN_OFF, exchange.status)
                log["ms"] = round((perf_counter() - started) * 1000, 2)
                log_request(log)


def shown_path(path: str) -> str:
    """The path without what it may keep secret or break a line: the first part, and not all of it.

    Characters that a terminal or a reader of lines would obey are written as their numbers.
    """
    part = path if path.rfind("/") == 0 else "/" + path.lstrip("/").partition("/")[0]
    if len(part) > _LONGEST_SHOWN:
        part = f"{part[:_LONGEST_SHOWN]}…"
    return part if part.isprintable() else escaped(part)
