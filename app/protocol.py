"""uvicorn's HTTP protocol, with four things more.

It says when the server is asked to stop, it bounds the head of a request, it refuses what cannot be
worked on before it is begun, and it takes an answer of one piece in one piece: head and body in one
write, without looking at each header field for what we never write there.
"""

from asyncio import AbstractEventLoop
from collections.abc import Sequence
from typing import Any

from uvicorn._types import ASGI3Application
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from app.admission.controller import admission_of
from app.admission.exempt import is_always_admitted
from app.admission.refusal import refusal, refuse
from app.stopping import STOPPING

CYCLE = "cycle"
"""The name, in the state of a request, of what `send_whole` takes."""


_LONGEST_HEAD = 65_536
_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol; see above."""

    _head_length = 0
    """Of the request whose head is being read, in bytes."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        # Any: the state that requests share is a dictionary of anything.
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._admission = admission_of(app_state)

    def data_received(self, data: bytes) -> None:
        """Read what comes; a head that does not end is refused, wherever the reading stands."""
        HttpToolsProtocol.data_received(self, data)
        if self.scope is None or "method" in self.scope:
            return
        self._head_length += len(data)
        if self._head_length > _LONGEST_HEAD and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Begin with a request."""
        self._head_length = 0
        HttpToolsProtocol.on_headers_complete(self)
        self.scope["state"][CYCLE] = self.cycle

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Begin to work on a request, or refuse it where others wait too long already."""
        admission = self._admission
        if (
            admission is None
            or admission.admits(len(self.tasks))
            or is_always_admitted(cycle.scope["method"], cycle.scope["path"])
        ):
            super()._start_asgi_task(cycle, app)
            return
        # From the end of one answer to the next one's, with many in a row, would be too deep.
        if self.pipeline or not send_whole(cycle, 503, *refusal()):
            super()._start_asgi_task(cycle, refuse)  # type: ignore[arg-type]  # its ASGI is typed by itself

    def shutdown(self) -> None:
        """Finish what is running on this connection, of which streams do not end by themselves."""
        self.app_state[STOPPING].set()
        super().shutdown()


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
    cycle.message_event.clear()
    return body
