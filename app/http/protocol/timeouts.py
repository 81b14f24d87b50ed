"""uvicorn's HTTP protocol with time-outs for each phase of a connection.

The connection registry checks every connection once a second. A refused request gets its response
after those of the requests before it.
"""

from asyncio import AbstractEventLoop
from enum import Enum, auto
from typing import Any, cast

from starlette.types import Scope

from app.http.admission.protocol import AdmissionProtocol
from app.http.connections.registry import NEVER, connection_registry_of
from app.http.exchange import mark_aborted
from app.http.protocol.flow_control import HoldingFlowControl, WriteProgress
from app.http.protocol.refusal import (
    BODY_TOO_LATE,
    HEAD_TOO_LATE,
    Refusal,
    log_refusal,
    refusal_bytes,
)
from app.http.protocol.uvicorn_internals import Config, ServerState
from app.http.shutdown import SHUTDOWN
from metrics.admission import connection_refused

_LINGER_TICKS = 2
"""Ticks that a client has to read the last response before its connection is aborted."""


class Phase(Enum):
    """What a connection waits for."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWERING = auto()
    REFUSED = auto()


_IDLE, _HEAD, _BODY, _ANSWERING, _REFUSED = Phase


class TimeoutProtocol(AdmissionProtocol):
    """Adds time-outs; subclasses enter the phases."""

    flow: HoldingFlowControl
    _write_progress: WriteProgress

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        # Any: the state that requests share is a dictionary of anything.
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._connections = connection_registry_of(app_state)
        self._limits = self._connections.limits
        self._phase = _IDLE
        self._phase_since = 0
        self._deadline = NEVER
        self._active_requests = 0
        self._buffered = bytearray()
        self._refusal: Refusal | None = None
        self._aborted_request_id: str | None = None

    def check_timeouts(self, now: int) -> None:
        """Close the connection if its client is too slow; `now` is the number of the tick."""
        if self._write_progress.is_stalled(now):
            connection_refused("unread")
            self.transport.abort()
        elif now >= self._deadline:
            self._on_timeout(now)

    def is_idle_since(self, now: int) -> bool:
        """Whether no request is active, nor was at the tick `now`."""
        return (
            not self._active_requests and self._phase is not _REFUSED and self._phase_since <= now
        )

    def close_idle(self) -> None:
        """Close the idle connection."""
        connection_refused("idle")
        self.transport.close()

    def shutdown(self) -> None:
        """Finish the active request; streams are told to end, as they would not by themselves."""
        self.app_state[SHUTDOWN].set()
        super().shutdown()

    def _enter(self, phase: Phase, seconds: int) -> None:
        self._phase = phase
        self._phase_since = now = self._connections.now
        self._deadline = now + seconds + 1

    def _on_timeout(self, now: int) -> None:
        if self.flow.read_paused or self.pipeline:
            self._deadline = now + 1  # it waits for us
        elif self._phase is _HEAD:
            self._refuse(HEAD_TOO_LATE)
        elif self._phase is _BODY:
            self._refuse(BODY_TOO_LATE)
        else:
            self.transport.abort() if self._phase is _REFUSED else self.close_idle()

    def _refuse(self, refusal: Refusal) -> None:
        """Stop reading, and send the refusal once earlier requests have been answered."""
        is_body = self._phase is _BODY
        self._refusal = refusal
        self._buffered.clear()
        self._enter(_REFUSED, NEVER)
        if is_body:
            self._abort_request(refusal)
        if not self._active_requests:
            self._send_refusal(refusal)

    def _abort_request(self, refusal: Refusal) -> None:
        """Abort the request whose body is too late or malformed; its log line has the status."""
        cycle = self.cycle
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
            self._active_requests -= 1
        elif cycle.response_started:
            self.transport.close()
        else:
            self._active_requests -= 1
            self._aborted_request_id = mark_aborted(cast("Scope", cycle.scope), refusal.status)
            cycle.disconnected = True
            cycle.message_event.set()

    def _send_refusal(self, refusal: Refusal) -> None:
        """Send the refusal, and linger: closing at once may discard it before it is read."""
        if self.transport.is_closing():
            return
        connection_refused(refusal.kind)
        request_id = self._aborted_request_id or log_refusal(refusal.status, refusal.message)
        self.transport.write(refusal_bytes(refusal, request_id))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.release()
        self._enter(_REFUSED, _LINGER_TICKS)
