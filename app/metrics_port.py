"""Where Prometheus asks: a route of the server, or a port of its own."""

from contextlib import AbstractAsyncContextManager, nullcontext

from starlette.applications import Starlette
from starlette.routing import Route

from app.exposition import Exposition
from app.own_port import serving_alone
from app.requests import Requests
from app.settings import Settings
from app.wiring import Application


def metrics_route(application: Application) -> Route:
    """What answers `/metrics`."""
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
    """Serve the metrics alone on a port of their own, where there is one."""
    if settings.metrics_port is None:
        return nullcontext()
    return serving_alone(
        Requests(Starlette(routes=[route])),
        host=settings.metrics_host,
        port=settings.metrics_port,
        is_shared=settings.prometheus_multiproc_dir is not None,
    )
