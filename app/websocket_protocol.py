"""uvicorn's WebSocket protocol, over which nobody sends more than may be worked on.

What it adds: each frame is paid for, pings too, which the library answers by itself; frames are
read a little at a time, and not while the client takes nothing in or the application has messages
to take; a message ends in time; no extension is agreed on, so that what comes is as large as it is.
"""

import logging
from asyncio import AbstractEventLoop
from asyncio.transports import BaseTransport
from collections.abc import Callable
from typing import Any

from websockets.frames import Frame
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.typing import StatusLike

from app.connections.buckets import Bucket, units_of
from app.connections.outgoing import Outgoing
from app.connections.reading import reading_of
from app.connections.refusal import (
    FIELDS_FOR_NO_HANDSHAKE,
    NO_HANDSHAKE,
    body_for_no_handshake,
    log_refusal,
)
from app.connections.registry import connections_of
from app.connections.sockets import Place, sockets_of
from app.uvicorn_parts import (
    ASGIReceiveEvent,
    ASGISendEvent,
    Config,
    ServerState,
    WebSocketsSansIOProtocol,
)
from metrics.admission import connection_refused

CARRIER = "carrier"
"""Key, in the state of a WebSocket, of the protocol that carries it."""
TOO_MANY_FRAMES = 4429
TOO_LATE = 4408
_NO_TEXT = 1007
_PIECE_BYTES = 1_024
_LITTLE_BYTES = 256
"""What is read as it comes, and not in turns."""
_HEADERS = ((125, 6), (65_535, 8), (2**63, 14))
"""The bytes before the payload of a frame, by the most bytes that it has (RFC 6455, 5.2)."""
_SWITCHING_PROTOCOLS = 101
_LINGERING_SECONDS = 2.0
_QUIET = logging.getLogger("guidance.websocket")
"""Of what a client can cause nothing is logged by libraries: the request's line says it."""
_QUIET.addHandler(logging.NullHandler())
_QUIET.propagate = False
_ERRORS = logging.getLogger("uvicorn.error.websocket")
_ERRORS.setLevel(logging.WARNING)


class PaidFrames(ServerProtocol):
    """The library's protocol, which fails where a frame cannot be paid for."""

    def __init__(self, max_size: int, pays: Callable[[int], bool]) -> None:
        super().__init__(max_size=max_size, logger=_QUIET)
        self._pays = pays
        self.frame_bytes = 0
        """What all frames so far took on the wire."""
        self.has_failed = False

    def recv_frame(self, frame: Frame) -> None:
        """Take a frame."""
        length = len(frame.data)
        self.frame_bytes += length + next(size for most, size in _HEADERS if length <= most)
        if self._pays(length):
            super().recv_frame(frame)
        else:
            self.fail(TOO_MANY_FRAMES, "Too many messages")

    def reject(self, status: StatusLike, text: str) -> Response:  # noqa: ARG002 - see there
        """Answer what is no handshake in our form; the library's text repeats what came."""
        response = super().reject(status, body_for_no_handshake(status))
        del response.headers["Content-Type"]
        response.headers.update(FIELDS_FOR_NO_HANDSHAKE)
        return response

    def fail(self, code: int, reason: str = "") -> None:
        """Close, and throw away what comes."""
        self.has_failed = True
        super().fail(code, reason)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol; see above."""

    conn: PaidFrames

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        # Any: the state that requests share is a dictionary of anything.
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = _ERRORS
        self.close_timeout = _LINGERING_SECONDS
        self.conn = PaidFrames(config.ws_max_size, self._pay)
        self._open = connections_of(app_state)
        self._reading = reading_of(app_state)
        bounds = sockets_of(app_state).bounds
        self._bucket = Bucket(bounds.units, bounds.units_per_second)
        self.place: Place | None = None
        """What its address may send; the application says which that is."""
        self._unread = bytearray()
        self._read_bytes = 0
        self._message_since: int | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Take over a connection that was admitted as one of HTTP."""
        super().connection_made(transport)
        self._outgoing = Outgoing(self.transport, self._open.bounds.unread_seconds)
        self._open.keep(self, self.client and self.client[0])

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        self._open.leave(self)
        self._unread.clear()
        super().connection_lost(exc)

    # Reading.

    def data_received(self, data: bytes) -> None:
        """Read what comes, at once where it is little and nothing waits."""
        if not self.handshake_initiated:
            self._shake_hands(data)
        elif self.conn.has_failed:
            pass  # it is closed, and waits for the client to read why
        elif len(data) > _LITTLE_BYTES or self._unread or not self._can_read:
            self._unread += data
            self._stop_reading()
            if self._can_read:
                self._reading.wait_for(self)
        else:
            self._read(data)

    def read_some(self) -> bool:
        """Read a little of what waits; whether more can be read at once."""
        if not self._can_read or not self._unread:
            return False
        piece = bytes(self._unread[:_PIECE_BYTES])
        del self._unread[:_PIECE_BYTES]
        self._read(piece)
        self._go_on()
        return bool(self._unread) and self._can_read

    async def receive(self) -> ASGIReceiveEvent:
        """Give the application what comes next, and read on once it has taken all."""
        message = await self.queue.get()
        self._go_on()
        return message

    def pause_writing(self) -> None:
        """Read nothing more from a client that takes nothing in."""
        super().pause_writing()
        self._stop_reading()

    def resume_writing(self) -> None:
        """Read on."""
        super().resume_writing()
        self._go_on()

    @property
    def _can_read(self) -> bool:
        # Once it is closed by us, only the client's answer to that is waited for.
        return self.close_sent or (self.queue.empty() and self.writable.is_set())

    def _stop_reading(self) -> None:
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def _go_on(self) -> None:
        if not self._can_read:
            return
        if self._unread:
            self._reading.wait_for(self)
        elif self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def _read(self, data: bytes) -> None:
        self.conn.receive_data(data)
        self._read_bytes += len(data)
        if self.conn.has_failed:
            self.handle_parser_exception()
            return
        self.handle_events()
        is_within = self.conn.current_size is not None or self._read_bytes > self.conn.frame_bytes
        if not is_within:
            self._message_since = None
        elif self._message_since is None:
            self._message_since = self._open.now

    def _pay(self, length: int) -> bool:
        units = units_of(length)
        is_paid = self._bucket.take(units) and (self.place is None or self.place.bucket.take(units))
        if not is_paid:
            connection_refused("too_many_frames")
        return is_paid

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application says."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            # It is refused, which the library would take for an answer that is missing.
            self.handshake_complete = True
        elif message["type"] == "websocket.close":
            self._go_on()

    # Opening.

    def _shake_hands(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
            self._log_refused(431)

    def handle_connect(self, event: Request) -> None:
        """Let the application answer, if this is a handshake."""
        super().handle_connect(event)
        if self.response.status_code == _SWITCHING_PROTOCOLS:
            self.scope["state"][CARRIER] = self
        else:
            self._log_refused(self.response.status_code)

    def _log_refused(self, status: int) -> None:
        connection_refused("malformed")
        log_refusal(status, NO_HANDSHAKE)

    # Closing.

    def send_receive_event_to_app(self) -> None:
        """Give the application a message, which is text where it says so."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.fail(_NO_TEXT, "A text is not UTF-8")
                return
        super().send_receive_event_to_app()

    def fail(self, code: int, reason: str) -> None:
        """Close, and take nothing more in."""
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        """Tell the application and the client why it is closed; what comes is thrown away."""
        self._unread.clear()
        self.stop_keepalive()
        close = self.conn.close_sent
        code, reason = (int(close.code), close.reason) if close else (1006, "")
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.write_eof()
            self.read_paused = False
            self.transport.resume_reading()
        self.close_sent = True
        if self.close_timer is None:
            self.close_timer = self.loop.call_later(_LINGERING_SECONDS, self.transport.close)

    # What the looks find.

    def look(self, now: int) -> None:
        """Close it where it has waited too long for its client."""
        if self._outgoing.is_stuck(now):
            connection_refused("unread")
            self.transport.abort()
        elif self._is_too_late(now):
            connection_refused("message_too_late")
            self.fail(TOO_LATE, "The message did not end in time")

    def _is_too_late(self, now: int) -> bool:
        if self._message_since is None or not self._can_read or self.conn.has_failed:
            return False
        return now - self._message_since > self._open.bounds.body_seconds

    def is_idle_since(self, _now: int) -> bool:
        """A socket is not idle: its client waits for what comes."""
        return False

    def give_up(self) -> None:
        """Never called, as a socket is never idle."""
