"""A second port of the process, for what is not everybody's business."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from app.protocol import HttpProtocol
from app.uvicorn_parts import ServerState


@asynccontextmanager
async def serving_alone(
    app: ASGIApp, *, host: str, port: int, is_shared: bool
) -> AsyncIterator[None]:
    """Serve `app` on a port of its own; `is_shared` with the other workers of the server."""
    config = uvicorn.Config(app, lifespan="off", log_config=None, server_header=False)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: HttpProtocol(config, state, {}), host, port, reuse_port=is_shared or None
    )
    try:
        yield
    finally:
        server.close()
        for connection in tuple(state.connections):
            connection.transport.close()
        await server.wait_closed()
