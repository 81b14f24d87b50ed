"""uvicorn's HTTP protocol with admission control: during overload it refuses early."""

from asyncio import AbstractEventLoop, Transport
from functools import partial
from time import perf_counter
from typing import Any

from app.http.admission.controller import admission_of, client_key_of
from app.http.admission.overload_response import (
    overload_response,
    overload_response_bytes,
    send_overload_response,
)
from app.http.admission.simple_request import is_simple_post
from app.http.protocol.complete_messages import send_complete_response
from app.http.protocol.uvicorn_internals import (
    ASGI3Application,
    Config,
    HttpToolsProtocol,
    RequestResponseCycle,
    ServerState,
)
from app.http.request_context import ADMITTED_AT

_FORWARDED_FOR = b"x-forwarded-for"
_EXEMPT_PATHS = frozenset({"/healthz", "/readyz", "/metrics", "/webhooks/payments"})


class AdmissionProtocol(HttpToolsProtocol):
    """Asks the `AdmissionController` as soon as the head of a request has been read."""

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
        self._client_key = ""
        self._is_proxy = False
        self.is_refusal_pending = False
        """Whether the refusal of an unparsed request is still to be sent."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Note the client; behind a proxy each request names it in its head."""
        super().connection_made(transport)
        address = self.client and self.client[0]
        self._client_key = client_key_of(address)
        self._is_proxy = self._admission is not None and address in self._admission.proxies

    def should_refuse(self, data: bytes) -> bool:
        """Whether to refuse a simple request during overload, before it is parsed.

        Only for a connection without active requests.
        """
        admission = self._admission
        if admission is None or not admission.is_overloaded:
            return False
        if self._is_proxy or self.flow.write_paused or not is_simple_post(data):
            return False
        self._is_admitted = admission.admits(self._client_key, len(self.tasks))
        return not self._is_admitted

    def refuse_without_parsing(self) -> None:
        """Refuse a request that was not parsed; nothing more may be read until that is sent."""
        if self._admission is not None:
            self.is_refusal_pending = True
            self._admission.refuse(self._answer_overloaded)

    def _answer_overloaded(self) -> None:
        self.is_refusal_pending = False
        if not self.transport.is_closing():
            self.transport.write(overload_response_bytes(self.server_state.default_headers))
            self.on_response_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Start a request, queue it, or refuse it."""
        admission = self._admission
        is_admitted, self._is_admitted = self._is_admitted, False
        under_way = len(self.tasks)
        if (
            admission is None
            or admission.is_idle(under_way)
            or _is_always_admitted(cycle.scope["method"], cycle.scope["path"])
        ):
            super()._start_asgi_task(cycle, app)
            return
        client_key = self._client_key_of(cycle) if self._is_proxy else self._client_key
        if is_admitted or admission.admits_busy(client_key):
            cycle.scope["state"][ADMITTED_AT] = perf_counter()
            admission.enter(partial(self._begin, cycle, app), client_key)
        else:
            admission.refuse(partial(self._refuse_for_overload, cycle))

    def _client_key_of(self, cycle: RequestResponseCycle) -> str:
        """The client key of a request that a proxy has passed on."""
        for name, value in cycle.scope["headers"]:
            if name == _FORWARDED_FOR and self._admission is not None:
                return client_key_of(self._admission.proxies.client_of(value))
        return self._client_key

    def _begin(self, cycle: RequestResponseCycle, app: ASGI3Application, is_turn: bool) -> None:  # noqa: FBT001 - as `Begin`
        """Start a request that was queued, or refuse it if it waited too long."""
        if self.transport.is_closing():
            return
        if is_turn:
            super()._start_asgi_task(cycle, app)
        elif self._admission is not None:
            self._admission.refuse(partial(self._refuse_for_overload, cycle))

    def _refuse_for_overload(self, cycle: RequestResponseCycle) -> None:
        if not (
            self.transport.is_closing() or send_complete_response(cycle, 503, *overload_response())
        ):
            super()._start_asgi_task(cycle, send_overload_response)  # type: ignore[arg-type]  # its ASGI is typed by itself


def _is_always_admitted(method: str, path: str) -> bool:
    """Whether a request is for health or metrics, a payment event, or a CORS preflight."""
    return path in _EXEMPT_PATHS or method == "OPTIONS"
