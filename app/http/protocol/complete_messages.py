"""Complete responses written, and complete bodies read, at once instead of as ASGI messages.

uvicorn's checks of header fields are skipped, as the fields are ours.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.types import Scope

from app.http.protocol.uvicorn_internals import (
    STATUS_LINE,
    ASGIReceiveEvent,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from app.http.request_head import HEAD, RequestHead

CYCLE = "cycle"
"""Key of uvicorn's request cycle in the state of a request."""


class _NoWaiters(asyncio.Event):
    """A shared no-op event for cycles whose complete body is there: nothing waits for more."""

    def set(self) -> None:
        """Do nothing."""

    def clear(self) -> None:
        """Do nothing."""


_BODY_AVAILABLE, _BODY_TAKEN = _NoWaiters(), _NoWaiters()
"""Whether `take_complete_body` has taken the body."""


class CompleteRequestCycle(RequestResponseCycle):
    """The request cycle of a request with a cached head and a complete body."""

    def __init__(
        self, connection: HttpToolsProtocol, head: RequestHead, scope: Scope, body: bytes
    ) -> None:
        own: Any = {
            **scope,
            "headers": scope["headers"].copy(),
            "server": connection.server,
            "client": connection.client,
            "scheme": connection.scheme,
            "state": {**connection.app_state, HEAD: head, CYCLE: self},
        }
        super().__init__(
            own,
            connection.transport,
            connection.flow,
            connection.logger,
            connection.access_logger,
            connection.access_log,
            connection.server_state.default_headers,
            _BODY_AVAILABLE,
            expect_100_continue=False,
            keep_alive=True,
            on_response=connection.on_response_complete,
        )
        self.body = body  # type: ignore[assignment]  # nothing is added to it
        self.more_body = False

    async def receive(self) -> "ASGIReceiveEvent":
        """The body, then, once the client has gone or was answered, the disconnect."""
        before = self.message_event
        if isinstance(before, _NoWaiters):
            self.message_event = asyncio.Event()
            if before is _BODY_AVAILABLE or self.response_complete or self.disconnected:
                self.message_event.set()
        return await super().receive()


def send_complete_response(
    cycle: RequestResponseCycle | None,
    status: int,
    fields: Sequence[tuple[bytes, bytes]],
    body: bytes,
) -> bool:
    """Write a response whose first field is content-length; false if ASGI messages are needed.

    Header fields are written unchecked.
    """
    if cycle is None or cycle.flow.write_paused or cycle.disconnected:
        return False
    if cycle.scope["method"] == "HEAD" or fields[0][0] != b"content-length":
        return False
    pieces = [STATUS_LINE[status]]
    for name, value in (*cycle.default_headers, *fields):
        pieces += name, b": ", value, b"\r\n"
    if not cycle.keep_alive:
        pieces.append(b"connection: close\r\n")
    pieces += b"\r\n", body
    cycle.transport.write(b"".join(pieces))
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    if cycle.message_event is not _BODY_TAKEN:
        cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


def take_complete_body(cycle: RequestResponseCycle) -> bytes | None:
    """Take the whole body if it has been read already, so that nothing need be received."""
    if cycle.more_body or cycle.disconnected or cycle.response_complete:
        return None
    body = bytes(cycle.body)
    cycle.body = bytearray()
    if cycle.message_event is _BODY_AVAILABLE:
        cycle.message_event = _BODY_TAKEN
    else:
        cycle.message_event.clear()
    return body
