"""The WebSocket protocol that serves: uvicorn's, with a bound on everything that it reads.

- Each frame counts against rate limits, also pings, which the library answers by itself.
- Input is parsed in small chunks, and not while the client does not read or the application has
  unread messages.
- A message must be complete in time.
- No extension is negotiated, so that a frame is never larger than its bytes on the wire.
"""

import logging
from asyncio import AbstractEventLoop
from asyncio.transports import BaseTransport
from typing import Any

from websockets.http11 import Request

from app.http.connections.registry import connection_registry_of
from app.http.connections.token_bucket import TokenBucket, frame_cost
from app.http.connections.websocket_limits import AddressUsage, websocket_registry_of
from app.http.protocol.flow_control import WriteProgress
from app.http.protocol.rate_limited_frames import RateLimitedFrames
from app.http.protocol.read_scheduling import read_scheduler_of
from app.http.protocol.refusal import NOT_A_HANDSHAKE, log_refusal
from app.http.protocol.uvicorn_internals import (
    ASGIReceiveEvent,
    ASGISendEvent,
    Config,
    ServerState,
    WebSocketsSansIOProtocol,
)
from app.http.shutdown import SHUTDOWN
from metrics.admission import connection_refused

WEBSOCKET_PROTOCOL = "carrier"
"""Key of the `WebSocketProtocol` in the state of a WebSocket."""
MESSAGE_TIMEOUT = 4408
_INVALID_TEXT = 1007
_READ_CHUNK_BYTES = 1_024
_SMALL_READ_BYTES = 256
"""Up to this many bytes are parsed at once instead of in turns."""
_SWITCHING_PROTOCOLS = 101
_LINGERING_SECONDS = 2.0
_ERROR_LOGGER = logging.getLogger("uvicorn.error.websocket")
_ERROR_LOGGER.setLevel(logging.WARNING)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol with the bounds described above."""

    conn: RateLimitedFrames

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        # Any: the state that requests share is a dictionary of anything.
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = _ERROR_LOGGER
        self.close_timeout = _LINGERING_SECONDS
        self.conn = RateLimitedFrames(config.ws_max_size, self._charge_frame)
        self._connections = connection_registry_of(app_state)
        self._read_scheduler = read_scheduler_of(app_state)
        limits = websocket_registry_of(app_state).limits
        self._bucket = TokenBucket(limits.units, limits.units_per_second)
        self.place: AddressUsage | None = None
        """The usage of the client's address, which the application sets."""
        self._buffered = bytearray()
        self._read_bytes = 0
        self._message_started_tick: int | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Take over a connection from the HTTP protocol."""
        super().connection_made(transport)
        self._write_progress = WriteProgress(
            self.transport, self._connections.limits.unread_seconds
        )
        self._connections.add(self, self.client and self.client[0])

    def connection_lost(self, exc: Exception | None) -> None:
        """Deregister the connection."""
        self._connections.remove(self)
        self._buffered.clear()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close with 1012: the client comes back, to another server."""
        self.app_state[SHUTDOWN].set()
        super().shutdown()

    # Reading.

    def data_received(self, data: bytes) -> None:
        """Parse small input at once; buffer the rest to be parsed in turns."""
        if not self.handshake_initiated:
            self._handshake(data)
        elif self.conn.has_failed:
            pass  # closed: it lingers so that the client can read why
        elif len(data) > _SMALL_READ_BYTES or self._buffered or not self._can_read:
            self._buffered += data
            self._stop_reading()
            if self._can_read:
                self._read_scheduler.schedule(self)
        else:
            self._feed(data)

    def read_some(self) -> bool:
        """Parse one buffered chunk; whether more can be parsed at once."""
        if not self._can_read or not self._buffered:
            return False
        piece = bytes(self._buffered[:_READ_CHUNK_BYTES])
        del self._buffered[:_READ_CHUNK_BYTES]
        self._feed(piece)
        self._resume_if_possible()
        return bool(self._buffered) and self._can_read

    async def receive(self) -> ASGIReceiveEvent:
        """Give the application the next event, and resume reading once it has taken all."""
        message = await self.queue.get()
        self._resume_if_possible()
        return message

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read."""
        super().pause_writing()
        self._stop_reading()

    def resume_writing(self) -> None:
        """Resume reading."""
        super().resume_writing()
        self._resume_if_possible()

    @property
    def _can_read(self) -> bool:
        # After we have closed, only the client's close frame is awaited.
        return self.close_sent or (self.queue.empty() and self.writable.is_set())

    def _stop_reading(self) -> None:
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def _resume_if_possible(self) -> None:
        if not self._can_read:
            return
        if self._buffered:
            self._read_scheduler.schedule(self)
        elif self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def _feed(self, data: bytes) -> None:
        self.conn.receive_data(data)
        self._read_bytes += len(data)
        if self.conn.has_failed:
            self.handle_parser_exception()
            return
        self.handle_events()
        is_within = self.conn.current_size is not None or self._read_bytes > self.conn.frame_bytes
        if not is_within:
            self._message_started_tick = None
        elif self._message_started_tick is None:
            self._message_started_tick = self._connections.now

    def _charge_frame(self, length: int) -> bool:
        units = frame_cost(length)
        is_paid = self._bucket.take(units) and (self.place is None or self.place.bucket.take(units))
        if not is_paid:
            connection_refused("too_many_frames")
        return is_paid

    async def send(self, message: ASGISendEvent) -> None:
        """Send an ASGI message of the application; raises `OSError` if the connection is closed."""
        if self.close_sent:
            # It may have failed while the application had not yet read what came before.
            raise ConnectionAbortedError
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            # The handshake was denied; uvicorn would otherwise report a missing response.
            self.handshake_complete = True
        elif message["type"] == "websocket.close":
            self._resume_if_possible()

    # Opening.

    def _handshake(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
            self._log_refused(431)

    def handle_connect(self, event: Request) -> None:
        """Pass a valid handshake to the application."""
        super().handle_connect(event)
        if self.response.status_code == _SWITCHING_PROTOCOLS:
            self.scope["state"][WEBSOCKET_PROTOCOL] = self
        else:
            self._log_refused(self.response.status_code)

    def _log_refused(self, status: int) -> None:
        connection_refused("malformed")
        log_refusal(status, NOT_A_HANDSHAKE)

    # Closing.

    def send_receive_event_to_app(self) -> None:
        """Pass a message to the application; close if a text message is not UTF-8."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.fail(_INVALID_TEXT, "A text is not UTF-8")
                return
        super().send_receive_event_to_app()

    def fail(self, code: int, reason: str) -> None:
        """Close, and discard further input."""
        self.conn.fail(code, reason)
        self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        """Report the close to the application and the client, and linger for it to be read."""
        self._buffered.clear()
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

    # Called by the registry.

    def check_timeouts(self, now: int) -> None:
        """Close the connection if its client is too slow; `now` is the number of the tick."""
        if self._write_progress.is_stalled(now):
            connection_refused("unread")
            self.transport.abort()
        elif self._is_message_overdue(now):
            connection_refused("message_too_late")
            self.fail(MESSAGE_TIMEOUT, "The message did not end in time")

    def _is_message_overdue(self, now: int) -> bool:
        if self._message_started_tick is None or not self._can_read or self.conn.has_failed:
            return False
        return now - self._message_started_tick > self._connections.limits.body_seconds

    def is_idle_since(self, _now: int) -> bool:
        """Never: a WebSocket is kept open to be sent something."""
        return False

    def close_idle(self) -> None:
        """Never called, as a WebSocket is never idle."""
