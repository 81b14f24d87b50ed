"""uvicorn's HTTP protocol, which refuses requests before they are begun while it is overloaded."""

from asyncio import AbstractEventLoop, Transport
from functools import partial
from time import perf_counter
from typing import Any

from app.admission.controller import admission_of, origin_of
from app.admission.exempt import is_always_admitted
from app.admission.plain import is_plain
from app.admission.refusal import refusal, refusal_bytes, refuse
from app.requests import ADMITTED_AT
from app.uvicorn_parts import (
    ASGI3Application,
    Config,
    HttpToolsProtocol,
    RequestResponseCycle,
    ServerState,
)
from app.whole_answers import send_whole

_FORWARDED_FOR = b"x-forwarded-for"


class AdmittingProtocol(HttpToolsProtocol):
    """Asks the process's `AdmissionController` as soon as the head of a request has been read."""

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
        self._is_admitted = False
        self._origin = ""
        self._is_proxy = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Note where it comes from; behind a proxy each request says it in its head."""
        super().connection_made(transport)
        address = self.client and self.client[0]
        self._origin = origin_of(address)
        self._is_proxy = self._admission is not None and address in self._admission.proxies

    def has_refused(self, data: bytes) -> bool:
        """Refuse a request that was read while nothing is under way here, where that is to be.

        It is asked during overload only, and of requests that can be told without the parser.
        """
        admission = self._admission
        if admission is None or not admission.is_overloaded:
            return False
        if self._is_proxy or self.flow.write_paused or not is_plain(data):
            return False
        if admission.admits(self._origin, len(self.tasks)):
            self._is_admitted = True
            return False
        self.transport.write(refusal_bytes(self.server_state.default_headers))
        return True

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Begin to work on a request, or refuse it where others wait too long already."""
        admission = self._admission
        is_admitted, self._is_admitted = self._is_admitted, False
        under_way = len(self.tasks)
        if (
            admission is None
            or admission.is_idle(under_way)
            or is_always_admitted(cycle.scope["method"], cycle.scope["path"])
        ):
            super()._start_asgi_task(cycle, app)
            return
        origin = self._origin_of(cycle) if self._is_proxy else self._origin
        if is_admitted or admission.admits(origin, under_way):
            cycle.scope["state"][ADMITTED_AT] = perf_counter()
            admission.enter(partial(self._begin, cycle, app), origin)
        else:
            self._refuse_for_overload(cycle)

    def _origin_of(self, cycle: RequestResponseCycle) -> str:
        """Where a request comes from that a proxy has passed on."""
        for name, value in cycle.scope["headers"]:
            if name == _FORWARDED_FOR and self._admission is not None:
                return origin_of(self._admission.proxies.client_of(value))
        return self._origin

    def _begin(self, cycle: RequestResponseCycle, app: ASGI3Application, is_turn: bool) -> None:  # noqa: FBT001 - as `Begin`
        """Begin to work on a request that has waited, unless its client has gone."""
        if self.transport.is_closing():
            return
        if is_turn:
            super()._start_asgi_task(cycle, app)
        else:
            self._refuse_for_overload(cycle)

    def _refuse_for_overload(self, cycle: RequestResponseCycle) -> None:
        # Many refusals of pipelined requests would call each other: too deep a recursion.
        if self.pipeline or not send_whole(cycle, 503, *refusal()):
            super()._start_asgi_task(cycle, refuse)  # type: ignore[arg-type]  # its ASGI is typed by itself
