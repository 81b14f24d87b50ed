"""uvicorn's HTTP protocol, with an end to whatever waits too long for its client.

A connection is looked at once a second (`app.connections.registry`). What is refused is told so,
after what was asked before it is answered.
"""

from asyncio import AbstractEventLoop
from typing import Any, cast

from starlette.types import Scope

from app.admission.protocol import AdmittingProtocol
from app.connections.holding import HoldingFlow
from app.connections.outgoing import Outgoing
from app.connections.phase import Phase
from app.connections.refusal import (
    BODY_TOO_LATE,
    HEAD_TOO_LATE,
    Refusal,
    log_refusal,
    refusal_bytes,
)
from app.connections.registry import NEVER, connections_of
from app.exchange import broken_off
from app.stopping import STOPPING
from app.uvicorn_parts import Config, ServerState
from metrics.admission import connection_refused

_LINGERING_LOOKS = 2
"""How long a client has to read an answer after which its connection is closed."""
_IDLE, _HEAD, _BODY, _ANSWERING, _REFUSED = Phase


class EndingProtocol(AdmittingProtocol):
    """A connection in one of its phases, each of which ends in time."""

    flow: HoldingFlow
    _outgoing: Outgoing

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        # Any: the state that requests share is a dictionary of anything.
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._open = connections_of(app_state)
        self._bounds = self._open.bounds
        self._phase = _IDLE
        self._phase_since = 0
        self._deadline = NEVER
        self._under_way = 0
        self._held = bytearray()
        self._refusal: Refusal | None = None
        self._broken_off: str | None = None

    def look(self, now: int) -> None:
        """Close it where it has waited too long for its client."""
        if self._outgoing.is_stuck(now):
            connection_refused("unread")
            self.transport.abort()
        elif now >= self._deadline:
            self._too_late(now)

    def is_idle_since(self, now: int) -> bool:
        """Whether no request is under way, nor was then."""
        return not self._under_way and self._phase is not _REFUSED and self._phase_since <= now

    def give_up(self) -> None:
        """Close it: it does nothing."""
        connection_refused("idle")
        self.transport.close()

    def shutdown(self) -> None:
        """Finish what is running on this connection, of which streams do not end by themselves."""
        self.app_state[STOPPING].begin()
        super().shutdown()

    def _enter(self, phase: Phase, seconds: int) -> None:
        self._phase = phase
        self._phase_since = now = self._open.now
        self._deadline = now + seconds + 1

    def _too_late(self, now: int) -> None:
        if self.flow.read_paused or self.pipeline:
            self._deadline = now + 1  # it waits for us
        elif self._phase is _HEAD:
            self._refuse(HEAD_TOO_LATE)
        elif self._phase is _BODY:
            self._refuse(BODY_TOO_LATE)
        else:
            self.transport.abort() if self._phase is _REFUSED else self.give_up()

    def _refuse(self, refusal: Refusal) -> None:
        """Read no more, and say why once all that was asked before is answered."""
        is_body = self._phase is _BODY
        self._refusal = refusal
        self._held.clear()
        self._enter(_REFUSED, NEVER)
        if is_body:
            self._break_off(refusal)
        if not self._under_way:
            self._send_refusal(refusal)

    def _break_off(self, refusal: Refusal) -> None:
        """Give up the request whose body does not come as it should; its line will say so."""
        cycle = self.cycle
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
            self._under_way -= 1
        elif cycle.response_started:
            self.transport.close()
        else:
            self._under_way -= 1
            self._broken_off = broken_off(cast("Scope", cycle.scope), refusal.status)
            cycle.disconnected = True
            cycle.message_event.set()

    def _send_refusal(self, refusal: Refusal) -> None:
        """Answer, and leave the client some time to read it: closing at once may take it back."""
        if self.transport.is_closing():
            return
        connection_refused(refusal.kind)
        request_id = self._broken_off or log_refusal(refusal.status, refusal.message)
        self.transport.write(refusal_bytes(refusal, request_id))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.let_go()
        self._enter(_REFUSED, _LINGERING_LOOKS)
