"""The HTTP protocol that serves: uvicorn's, with a bound on everything that is open or read.

- Connections are counted (`app.http.connections.registry`).
- Heads are validated; what is too long or not HTTP is refused.
- Trailers are not mixed with header fields.
- Pipelined requests are read only as they are answered.
- A head that is repeated byte for byte is not parsed again (`app.http.protocol.head_cache`).
"""

from asyncio import AbstractEventLoop, Transport
from typing import Any, cast

import httptools
from starlette.types import Scope

from app.http.connections.registry import NEVER
from app.http.protocol.complete_messages import CYCLE, CompleteRequestCycle
from app.http.protocol.flow_control import HoldingFlowControl, WriteProgress
from app.http.protocol.head_cache import head_cache_of
from app.http.protocol.head_validation import head_fault
from app.http.protocol.read_scheduling import read_scheduler_of
from app.http.protocol.refusal import (
    TOO_LONG,
    TOO_MANY,
    TRAILERS_TOO_LONG,
    malformed,
)
from app.http.protocol.timeouts import Phase, TimeoutProtocol
from app.http.protocol.upgrades import head_without_upgrade
from app.http.protocol.uvicorn_internals import (
    HIGH_WATER_LIMIT,
    Config,
    HttpToolsProtocol,
    ServerState,
)
from app.http.protocol.websocket import WebSocketProtocol
from app.http.request_head import HEAD

_READ_CHUNK_BYTES = 4_096
_LONGEST_HEAD, _MOST_FIELDS = 65_536, 200
_MOST_UNFINISHED = _LONGEST_HEAD + _READ_CHUNK_BYTES
"""Bytes that may be read before a part of a request is complete; it may start within a chunk."""
_NO_HTTP = malformed("This is not a request of HTTP/1.1.")
_IDLE, _HEAD, _BODY, _ANSWERING, _REFUSED = Phase
_HANDSHAKE = malformed("A WebSocket is opened by a GET of HTTP/1.1, and waits for its answer.")


class _HeadRefused(Exception):
    """Stops the parser; the reason is in the connection's `_refusal`."""


class HttpProtocol(TimeoutProtocol):
    """uvicorn's protocol with the bounds described above."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        # Any: the state that requests share is a dictionary of anything.
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.ws_protocol_class = WebSocketProtocol
        self._read_scheduler = read_scheduler_of(app_state)
        self._head_cache = head_cache_of(app_state)
        self._unfinished_bytes = 0

    # Called by the event loop.

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Register the connection; refuse or abort it if there are too many."""
        super().connection_made(transport)
        self.flow = HoldingFlowControl(transport)
        self._write_progress = WriteProgress(transport, self._limits.unread_seconds)
        is_admitted = self._connections.admit(self, self.client and self.client[0])
        self._enter(_IDLE, self._limits.head_seconds)
        if self._connections.is_flooded:
            transport.abort()
        elif not is_admitted:
            self._refuse(TOO_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        """Deregister the connection."""
        self._connections.remove(self)
        self._buffered.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse in chunks, and not while pipelined requests wait to be answered."""
        if self._phase is _REFUSED:
            return
        is_alone = self._phase is _IDLE and not (self._active_requests or self._buffered)
        if is_alone and self.should_refuse(data):
            self._active_requests += 1
            self._enter(_ANSWERING, NEVER)
            self.refuse_without_parsing()
        elif (
            self._buffered
            or self.pipeline
            or self.is_refusal_pending
            or len(data) > _READ_CHUNK_BYTES
        ):
            self._buffered += data
            self.flow.hold()
            self._read_scheduler.schedule(self)
        elif is_alone:
            known = self._head_cache.find(data)
            if known is None:
                self._feed(data)
                self._cache_head(data)
            else:
                head, body = known
                self._start_with_cached_head(
                    CompleteRequestCycle(self, head.head, head.scope, body)
                )
        else:
            self._feed(data)

    def _start_with_cached_head(self, cycle: CompleteRequestCycle) -> None:
        """Start a request whose head is cached, without the parser."""
        self.scope, self.cycle = cycle.scope, cycle
        if self._connections.is_draining:
            cycle.keep_alive = False
        self._active_requests += 1
        self._enter(_ANSWERING, NEVER)
        self._start_asgi_task(cycle, self.app)

    def _cache_head(self, data: bytes) -> None:
        """Cache the head of `data`, if that was exactly one request."""
        cycle = self.cycle
        if self._phase is _ANSWERING and self._active_requests == 1 and cycle.keep_alive:
            head = self._head_cache.store(data, cast("Scope", cycle.scope))
            if head is not None:
                cycle.scope["state"][HEAD] = head

    def read_some(self) -> bool:
        """Parse one buffered chunk; whether more can be parsed at once."""
        if self._can_read:
            piece = bytes(self._buffered[:_READ_CHUNK_BYTES])
            del self._buffered[:_READ_CHUNK_BYTES]
            self._feed(piece)
        if not self._buffered and self.flow.is_holding and not self.transport.is_closing():
            self.flow.release(is_full=self._is_body_full)
        return self._can_read

    @property
    def _can_read(self) -> bool:
        if self.pipeline or self.is_refusal_pending or self._phase is _REFUSED:
            return False
        return bool(self._buffered)

    @property
    def _is_body_full(self) -> bool:
        """Whether the unanswered request has more of its body buffered than may be."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return False
        return len(cycle.body) > HIGH_WATER_LIMIT

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError:
            self._refuse(self._refusal or _NO_HTTP)
            return
        self._unfinished_bytes += len(data)
        if self._unfinished_bytes > _MOST_UNFINISHED:
            self._refuse(TRAILERS_TOO_LONG if self._phase is _BODY else TOO_LONG)

    def _upgrade(self, rest: bytes) -> None:
        """Open a WebSocket; any other upgrade is ignored, as RFC 9110 allows."""
        if self._should_upgrade():
            is_plain = self.scope["method"] == "GET" and self.scope["http_version"] == "1.1"
            if is_plain and not (rest or self._buffered or self._active_requests):
                self._connections.remove(self)
                self.handle_websocket_upgrade()
            else:
                self._refuse(_HANDSHAKE)
            return
        head = head_without_upgrade(self.scope["method"].encode(), self.url, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self._buffered[:0] = head + rest
        self._read_scheduler.schedule(self)

    # Called by the parser.

    def on_message_begin(self) -> None:
        """Start the head of a request."""
        HttpToolsProtocol.on_message_begin(self)
        self._unfinished_bytes = 0
        self._enter(_HEAD, NEVER if self._active_requests else self._limits.head_seconds)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header field; trailers are dropped."""
        if self._phase is _HEAD:
            if len(self.headers) >= _MOST_FIELDS:
                self._refusal = TOO_LONG
                raise _HeadRefused
            HttpToolsProtocol.on_header(self, name, value)

    def on_headers_complete(self) -> None:
        """Start the request, if its head is valid."""
        version, method = self.parser.get_http_version(), self.parser.get_method()
        fault = head_fault(version, method, self.url, self.headers)
        if fault is not None:
            self._refusal = malformed(fault)
            raise _HeadRefused
        if self.parser.should_upgrade():
            self.scope["method"], self.scope["http_version"] = method.decode(), version
            return
        self._unfinished_bytes = 0
        # A request that is not admitted may be answered before this returns.
        self._active_requests += 1
        self._enter(_BODY, self._limits.body_seconds)
        try:
            super().on_headers_complete()
        except httptools.HttpParserError:
            self._active_requests -= 1
            self._enter(_HEAD, NEVER)
            raise
        self.scope["state"][CYCLE] = self.cycle
        if self._connections.is_draining:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Buffer a part of the body, unless the request is answered already."""
        self._unfinished_bytes = 0
        HttpToolsProtocol.on_body(self, body)

    def on_message_complete(self) -> None:
        """Wait for the application's response."""
        if self._phase is _BODY:
            HttpToolsProtocol.on_message_complete(self)
            self._unfinished_bytes = 0
            if self._active_requests:
                self._enter(_ANSWERING, NEVER)
            else:
                self._enter(_IDLE, self._limits.idle_seconds)

    def on_response_complete(self) -> None:
        """Start the next pipelined request, or wait for one."""
        self.server_state.total_requests += 1
        self._active_requests -= 1
        admission = self._admission
        if admission is not None and admission.queue.lines.count:
            admission.queue.check_again()
        if self.transport.is_closing():
            return
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._refusal is not None:
            self._send_refusal(self._refusal)
        elif self._phase is _ANSWERING:
            self._enter(_IDLE, self._limits.idle_seconds)
        elif self._phase is _HEAD:
            self._enter(_HEAD, self._limits.head_seconds)
        if self.pipeline:
            return
        if self._buffered:
            self._read_scheduler.schedule(self)
        elif self.flow.read_paused:
            self.flow.resume_reading()
