"""Around every request and WebSocket: an id in and out, its duration, one line in the log."""

import os
import re
from itertools import count
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.logs import log_request
from app.protocol import CYCLE, send_whole

_ID = b"x-request-id"
_PROCESS, _numbers = os.urandom(8).hex(), count()
_ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._:-]{8,128}", re.ASCII)
_QUIET_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
_SWITCHING_PROTOCOLS = 101
_STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})


class Requests:
    """Gives each HTTP request and WebSocket its id, in `scope["state"]` and as `X-Request-ID`.

    The head of an answer waits for its body, so that a server that can sends both at once. At its
    end a request has a line in the log. What an endpoint puts into `scope["state"]["log"]` is
    part of it; never texts of messages or personal data.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the server's own messages untouched."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        status = 500
        head: Message | None = None
        request_id = request_id_from(_offered(scope))
        state = scope.setdefault("state", {})
        cycle = state.get(CYCLE)
        state["request_id"] = request_id
        log: dict[str, object] = {
            "request_id": request_id,
            "method": scope.get("method", "GET"),
            "path": _path(scope),
        }
        state["log"] = log

        async def send_with_id(message: Message) -> None:
            nonlocal status, head
            if message["type"] in _STARTS:
                status = message.get("status", _SWITCHING_PROTOCOLS)
                message["headers"] = [*message.get("headers", ()), (_ID, request_id.encode())]
                if cycle is not None:
                    head = message
                    return
            elif head is not None:
                begun, head = head, None
                if not message.get("more_body", False) and send_whole(
                    cycle, status, begun["headers"], message.get("body", b"")
                ):
                    return
                await send(begun)
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            if scope["path"] not in _QUIET_PATHS:
                log["status"] = status
                log["ms"] = round((perf_counter() - started) * 1000, 2)
                log_request(log)


def request_id_from(offered: str | None) -> str:
    """The caller's request id where it is a harmless one, otherwise a new one."""
    if offered is not None and _ACCEPTABLE_ID.fullmatch(offered):
        return offered
    return f"{_PROCESS}{next(_numbers):016x}"


def _offered(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == _ID:
            return bytes(value).decode("latin-1")
    return None


def _path(scope: Scope) -> str:
    """The path without what it may keep secret: only the first part of it."""
    return "/" + str(scope["path"]).lstrip("/").partition("/")[0]
