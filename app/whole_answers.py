"""Answers sent and bodies read in one piece, past ASGI's messages.

Head and body are written at once by uvicorn's side of the request. uvicorn's own checks of each
header field are left out, as the fields are ours.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.types import Scope

from app.request_head import HEAD, RequestHead
from app.uvicorn_parts import (
    STATUS_LINE,
    ASGIReceiveEvent,
    HttpToolsProtocol,
    RequestResponseCycle,
)

CYCLE = "cycle"
"""Key, in the state of a request, of uvicorn's side of it, which `send_whole` takes."""


class _NobodyWaits(asyncio.Event):
    """In the place of an event of its own, for a cycle of which nobody waits to receive more."""

    def set(self) -> None:
        """There is nobody to wake up."""

    def clear(self) -> None:
        """As above."""


_IS_THERE, _IS_TAKEN = _NobodyWaits(), _NobodyWaits()
"""Of a whole body: whether `whole_body` has taken it."""


class WholeCycle(RequestResponseCycle):
    """uvicorn's side of a request with a head that came before, and a body that came whole.

    Its scope has what was said of the head then.
    """

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
            _IS_THERE,
            expect_100_continue=False,
            keep_alive=True,
            on_response=connection.on_response_complete,
        )
        self.body = body  # type: ignore[assignment]  # nothing is added to it
        self.more_body = False

    async def receive(self) -> "ASGIReceiveEvent":
        """The body, and then, once the client has gone or was answered, that it has."""
        before = self.message_event
        if isinstance(before, _NobodyWaits):
            self.message_event = asyncio.Event()
            if before is _IS_THERE or self.response_complete or self.disconnected:
                self.message_event.set()
        return await super().receive()


def send_whole(
    cycle: RequestResponseCycle | None,
    status: int,
    fields: Sequence[tuple[bytes, bytes]],
    body: bytes,
) -> bool:
    """Send an answer that begins with its length; false where it is to be sent as others are.

    The names and values of the fields are sent as they are.
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
    if cycle.message_event is not _IS_TAKEN:
        cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


def whole_body(cycle: RequestResponseCycle) -> bytes | None:
    """What was sent as the body, where all of it is there; none of it is to be received then."""
    if cycle.more_body or cycle.disconnected or cycle.response_complete:
        return None
    body = bytes(cycle.body)
    cycle.body = bytearray()
    if cycle.message_event is _IS_THERE:
        cycle.message_event = _IS_TAKEN
    else:
        cycle.message_event.clear()
    return body
