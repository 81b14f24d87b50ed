"""ASGI middleware around every request and WebSocket: its id, its exchange, and its log line."""

from time import perf_counter

from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.chat_stream_path import CHAT_STREAM_PATH
from app.http.exchange import ABORTED_STATUS, EXCHANGE, Exchange
from app.http.graphql_route import GRAPHQL_PATH
from app.http.protocol.complete_messages import CYCLE
from app.http.request_head import HEAD, RequestHead, request_id_from
from app.http.trace_callers import TraceCallers
from app.logs import log_request
from app.logs.rendering import escaped

ADMITTED_AT = "admitted_at"
"""Key, in the state of a request, of the time of its admission, if it had to wait since then."""
_LONGEST_LOGGED_PATH = 100
_UNLOGGED_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestContextMiddleware:
    """Gives each request an id and an `Exchange` in its state, and logs it when it has ended.

    The log line includes the exchange's `log`. Requests that a proxy passed on are handled by
    `proxied`, which replaces the proxy's address by the client's. Who may decide which requests
    are traced is found before that: it is the peer.
    """

    def __init__(
        self,
        app: ASGIApp,
        proxied: ASGIApp | None = None,
        trace_callers: TraceCallers | None = None,
    ) -> None:
        self._app = app
        self._proxied = proxied or app
        self._trace_callers = trace_callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request; the lifespan is passed on as it is."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        started = state.pop(ADMITTED_AT, None) or perf_counter()
        head = state.pop(HEAD, None) or self._head_of(scope)
        request_id = request_id_from(head.offered_id)
        path = scope["path"]
        log: dict[str, object] = {
            "request_id": request_id,
            "method": scope.get("method", "GET"),
            "path": path if path == GRAPHQL_PATH else loggable_path(path),
        }
        if head.trace_id is not None:
            log["trace_id"] = head.trace_id
        exchange = Exchange(request_id, head, log, send, state.pop(CYCLE, None))
        state[EXCHANGE] = exchange
        try:
            app = self._proxied if head.is_forwarded else self._app
            await app(scope, receive, exchange)
        finally:
            # Otherwise it would be in a reference cycle, which only the garbage collector frees.
            del state[EXCHANGE]
            if path not in _UNLOGGED_PATHS:
                log["status"] = state.get(ABORTED_STATUS, exchange.status)
                log["ms"] = round((perf_counter() - started) * 1000, 2)
                log_request(log)

    def _head_of(self, scope: Scope) -> RequestHead:
        head = RequestHead(scope["headers"])
        if head.sampled is not None and (
            self._trace_callers is None or not self._trace_callers.include(scope, head.fields)
        ):
            head.sampled = None
        return head


def loggable_path(path: str) -> str:
    """The first segment of the path, shortened and with control characters escaped.

    Later segments may be secret, such as the tokens of links; those of `/chat/stream` are no more
    than the ids of chats, and its own are shown.
    """
    if path == CHAT_STREAM_PATH or path.startswith(f"{CHAT_STREAM_PATH}/"):
        return CHAT_STREAM_PATH
    part = path if path.rfind("/") == 0 else "/" + path.lstrip("/").partition("/")[0]
    if len(part) > _LONGEST_LOGGED_PATH:
        part = f"{part[:_LONGEST_LOGGED_PATH]}…"
    return part if part.isprintable() else escaped(part)
