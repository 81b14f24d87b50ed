"""Serve an application in this process with the server's own HTTP protocol."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from app.protocol import HttpProtocol
from perf.inside.transport import MemoryTransport

_NOTHING = nullcontext()


class InsideServer:
    """Answers requests one after another on one persistent connection."""

    # Any: the state that requests share is a dictionary of anything.
    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        # Requests inherit the context of the connection's owner, in which statements are traced.
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, proxy_headers=False
        )
        self._state = ServerState()
        self._transport = MemoryTransport()
        self._protocol = HttpProtocol(config, self._state, state)
        self._protocol.connection_made(self._transport)

    async def exchange(
        self, request: bytes, measuring: AbstractContextManager[object] = _NOTHING
    ) -> bytes:
        """Send a request and return the bytes of the answer.

        `measuring` is entered from the arrival of the bytes until the request's task has ended.
        """
        tasks, transport = self._state.tasks, self._transport
        transport.written.clear()
        with measuring:
            self._protocol.data_received(request)
            while not tasks:  # noqa: ASYNC110 - a long request is read in pieces
                await asyncio.sleep(0)
            (task,) = tasks
            await task
        return bytes(transport.written)

    def close(self) -> None:
        """Close the connection."""
        self._protocol.connection_lost(None)


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[InsideServer]:
    """Run the application's lifespan until the block ends."""
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
    server = InsideServer(app, state)
    try:
        yield server
    finally:
        server.close()
        stopping.set()
        await living
