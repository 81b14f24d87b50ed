"""Where Prometheus asks for metrics: a route of the server, or a port of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from app.endpoints.exposition import Exposition
from app.http.protocol.http import HttpProtocol
from app.http.protocol.uvicorn_internals import ServerState
from app.http.request_context import RequestContextMiddleware
from app.settings import Settings
from app.wiring import Application


def metrics_route(application: Application) -> Route:
    """The route `/metrics`."""
    settings = application.settings
    token = settings.metrics_token
    exposition = Exposition(
        settings.prometheus_multiproc_dir,
        application.observations,
        max_age_seconds=settings.metrics_max_age_seconds,
        token=None if token is None else token.get_secret_value(),
    )
    return Route("/metrics", exposition.answer)


def metrics_port(settings: Settings, route: Route) -> AbstractAsyncContextManager[None]:
    """Serve only the metrics on a port of their own, if one is configured."""
    if settings.metrics_port is None:
        return nullcontext()
    return _serving(
        RequestContextMiddleware(Starlette(routes=[route])),
        host=settings.metrics_host,
        port=settings.metrics_port,
        is_shared=settings.prometheus_multiproc_dir is not None,
    )


@asynccontextmanager
async def _serving(app: ASGIApp, *, host: str, port: int, is_shared: bool) -> AsyncIterator[None]:
    """Serve `app` on the port; `is_shared` lets the server's other workers listen on it too."""
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
