"""uvicorn's HTTP protocol, with an end to whatever waits too long for its client.

A connection is looked at once a second (`app.connections.registry`). What is refused is told so,
after what was asked before it is answered.
"""

from asyncio import AbstractEventLoop
from enum import Enum, auto
from typing import Any, cast

from starlette.types import Scope

from app.admission.protocol import AdmittingProtocol
from app.connections.refusal import (
    BODY_TOO_LATE,
    HEAD_TOO_LATE,
    Refusal,
    log_refusal,
    refusal_bytes,
)
from app.connections.registry import NEVER, connections_of
from app.exchange import mark_aborted
from app.http.protocol.flow_control import HoldingFlow, WriteProgress
from app.stopping import SHUTDOWN
from app.uvicorn_parts import Config, ServerState
from metrics.connections import connection_refused

_LINGERING_LOOKS = 2
"""How long a client has to read an answer after which its connection is closed."""


class Phase(Enum):
    """What a connection waits for."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWERING = auto()
    REFUSED = auto()


_IDLE, _HEAD, _BODY, _ANSWERING, _REFUSED = Phase


class EndingProtocol(AdmittingProtocol):
    """A connection in one of its phases, each of which ends in time."""

    flow: HoldingFlow
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
        self._connections = connections_of(app_state)
        self._limits = self._connections.limits
        self._phase = _IDLE
        self._phase_since = 0
        self._deadline = NEVER
        self._active_requests = 0
        self._buffered = bytearray()
        self._refusal: Refusal | None = None
        self._aborted_request_id: str | None = None

    def check_timeouts(self, now: int) -> None:
        """Close it where it has waited too long for its client."""
        if self._write_progress.is_stalled(now):
            connection_refused("unread")
            self.transport.abort()
        elif now >= self._deadline:
            self._on_timeout(now)

    def is_idle_since(self, now: int) -> bool:
        """Whether no request is under way, nor was then."""
        return (
            not self._active_requests and self._phase is not _REFUSED and self._phase_since <= now
        )

    def close_idle(self) -> None:
        """Close it: it does nothing."""
        connection_refused("idle")
        self.transport.close()

    def shutdown(self) -> None:
        """Finish what is running on this connection, of which streams do not end by themselves."""
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
        """Read no more, and say why once all that was asked before is answered."""
        is_body = self._phase is _BODY
        self._refusal = refusal
        self._buffered.clear()
        self._enter(_REFUSED, NEVER)
        if is_body:
            self._abort_request(refusal)
        if not self._active_requests:
            self._send_refusal(refusal)

    def _abort_request(self, refusal: Refusal) -> None:
        """Give up the request whose body does not come as it should; its line will say so."""
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
        """Answer, and leave the client some time to read it: closing at once may take it back."""
        if self.transport.is_closing():
            return
        connection_refused(refusal.kind)
        request_id = self._aborted_request_id or log_refusal(refusal.status, refusal.message)
        self.transport.write(refusal_bytes(refusal, request_id))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.release()
        self._enter(_REFUSED, _LINGERING_LOOKS)
