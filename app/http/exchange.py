"""One request and its response, which bypasses ASGI messages where the server allows it."""

from collections.abc import Sequence

from starlette.types import Message, Scope, Send

from app.http.graphql_route import GRAPHQL_PATH
from app.http.protocol.complete_messages import send_complete_response
from app.http.protocol.uvicorn_internals import RequestResponseCycle
from app.http.request_head import REQUEST_ID, RequestHead, request_id_from

EXCHANGE = "exchange"
"""Key of the `Exchange` in the state of a request."""
ABORTED_STATUS = "broken_off"
"""Key, in the state of a request, of the status that the server sent when it aborted it."""
IS_CHARGED = "is_charged"
"""Key, in the state of a request, that is set where whoever answers it charges refusals itself."""
REVALIDATE = (b"cache-control", b"private, no-cache, must-revalidate")
"""For a response after which the client repeats its request in another form."""
_NO_STORE = (b"cache-control", b"no-store")
_NOSNIFF = (b"x-content-type-options", b"nosniff")
_VARY = (b"vary", b"accept, accept-encoding, origin")
_SWITCHING_PROTOCOLS, _FORBIDDEN = 101, 403
_DEFAULT_FIELDS = (_NO_STORE, _NOSNIFF, _VARY)
_STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})


class Exchange:
    """Sends a response, with the request id and default header fields added.

    It can be called like ASGI's `send`. The start of a response is held until its first body, so
    that both are written at once. `cycle` is uvicorn's side of the request, if it is our protocol.
    """

    __slots__ = ("_pending_start", "_send", "cycle", "head", "log", "request_id", "status")

    def __init__(
        self,
        request_id: str,
        head: RequestHead,
        log: dict[str, object],
        send: Send,
        cycle: RequestResponseCycle | None,
    ) -> None:
        self.request_id = request_id
        self.head = head
        self.log = log
        """Fields of the request's log line; never texts of messages or personal data."""
        self.status = 500
        self._send = send
        self.cycle = cycle
        self._pending_start: Message | None = None

    async def __call__(self, message: Message) -> None:
        """Send an ASGI message."""
        if message["type"] in _STARTS:
            self.status = message.get("status", _SWITCHING_PROTOCOLS)
            fields = list(message.get("headers", ()))
            if self.status != _SWITCHING_PROTOCOLS:
                self._add_default_fields(fields)
            message["headers"] = [*fields, (REQUEST_ID, self.request_id.encode())]
            if self.cycle is not None:
                self._pending_start = message
                return
        elif message["type"] == "websocket.close" and self.status != _SWITCHING_PROTOCOLS:
            self.status = _FORBIDDEN  # what ASGI answers when a socket is closed unaccepted
        elif self._pending_start is not None:
            pending_start, self._pending_start = self._pending_start, None
            if not message.get("more_body", False) and send_complete_response(
                self.cycle, self.status, pending_start["headers"], message.get("body", b"")
            ):
                return
            await self._send(pending_start)
        await self._send(message)

    def answer(self, status: int, fields: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
        """Send a response whose first field is its length; false if it needs ASGI messages."""
        self.status = status
        sent = (
            *fields,
            *(_DEFAULT_FIELDS[1:] if REVALIDATE in fields else _DEFAULT_FIELDS),
            (REQUEST_ID, self.request_id.encode()),
        )
        return send_complete_response(self.cycle, status, sent, body)

    def _add_default_fields(self, fields: list[tuple[bytes, bytes]]) -> None:
        """Add fields for caches and browsers, unless the response has its own."""
        by_name = dict(fields)
        fields.extend(field for field in (_NO_STORE, _NOSNIFF) if field[0] not in by_name)
        if self.log["path"] == GRAPHQL_PATH:
            kept = [field for field in fields if field[0] != b"vary"]
            wider = by_name.get(b"vary", b"").lower() not in {b"", b"origin"}
            fields[:] = [*kept, (b"vary", by_name[b"vary"]) if wider else _VARY]

    @property
    def operation(self) -> str | None:
        """The name of the operation, once it is known."""
        name = self.log.get("operation")
        return name if isinstance(name, str) else None


def exchange_of(scope: Scope) -> Exchange:
    """The exchange of a request."""
    exchange: Exchange = scope["state"][EXCHANGE]
    return exchange


def mark_aborted(scope: Scope, status: int) -> str:
    """Record that the server answers a request itself, with `status`; gives the request id.

    If the application has not started with the request, the id is passed on to it.
    """
    state = scope["state"]
    state[ABORTED_STATUS] = status
    exchange: Exchange | None = state.get(EXCHANGE)
    if exchange is not None:
        return exchange.request_id
    request_id = request_id_from(dict(reversed(scope["headers"])).get(REQUEST_ID))
    scope["headers"].insert(0, (REQUEST_ID, request_id.encode()))
    return request_id
