"""An application served in this process, by the same protocol as in production."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from app.http.protocol.http import HttpProtocol
from perf.servers.memory_transport import MemoryTransport

_NOTHING = nullcontext()
_EVENT = b"data: {"
"""How the data of an event begin."""


class InProcessServer:
    """Answers one request after another, on one connection until `reconnect` is called."""

    # Any: the state that requests share is a dictionary of anything.
    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        # uvicorn runs requests in a copy of the caller's context, so that statements are traced.
        self._config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, proxy_headers=False
        )
        self._app_state = state
        self._state = ServerState()
        self._connect()

    async def exchange(
        self,
        request: bytes,
        measuring: AbstractContextManager[object] = _NOTHING,
        *,
        is_left: bool = False,
    ) -> bytes:
        """Send the bytes of a request, and return those of the response.

        `measuring` is entered from when the bytes arrive until the request's task has ended. A
        stream that `is_left` ends with its first event, as its client closes the connection.
        """
        tasks, transport = self._state.tasks, self._transport
        transport.written.clear()
        transport.on_write = self._leave_after_first_event(transport) if is_left else None
        with measuring:
            self._protocol.data_received(request)
            while not tasks:  # noqa: ASYNC110 - a long request is read in pieces
                await asyncio.sleep(0)
            (task,) = tasks
            await task
        return bytes(transport.written)

    def reconnect(self) -> None:
        """Close the connection, and open another, as most clients do sooner or later."""
        self.close()
        self._connect()

    def _leave_after_first_event(self, transport: MemoryTransport) -> Callable[[], None]:
        def leave_after_first_event() -> None:
            if _EVENT in transport.written:
                transport.on_write = None
                asyncio.get_running_loop().call_soon(self.reconnect)

        return leave_after_first_event

    def close(self) -> None:
        """Close the connection."""
        self._protocol.connection_lost(None)

    def _connect(self) -> None:
        self._transport = MemoryTransport()
        self._protocol = HttpProtocol(self._config, self._state, self._app_state)
        self._protocol.connection_made(self._transport)


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[InProcessServer]:
    """Start the application, and stop it when the block is left."""
    state: dict[str, Any] = {}
    started, stopping = asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, str]:
        if started.is_set():
            await stopping.wait()
            return {"type": "lifespan.shutdown"}
        return {"type": "lifespan.startup"}

    async def send(_message: object) -> None:
        started.set()

    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": state}
    living = asyncio.ensure_future(app(scope, receive, send))
    await started.wait()
    server = InProcessServer(app, state)
    try:
        yield server
    finally:
        server.close()
        stopping.set()
        await living
