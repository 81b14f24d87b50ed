"""The ASGI application: routes and lifespan."""

import gc
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from math import inf

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import explorer
from app.admission.controller import ADMISSION, AdmissionBounds, AdmissionController
from app.admission.queue import AdmissionQueue
from app.charged_refusals import ChargedRefusals
from app.connections.bounds import ConnectionBounds
from app.connections.proxies import Proxies
from app.connections.registry import CONNECTIONS, Connections
from app.connections.sockets import SOCKETS, Sockets
from app.cross_origin import cross_origin
from app.descriptors import descriptor_limit
from app.direct import Direct
from app.exports import Exports
from app.graphql.http import GraphQLEndpoint
from app.graphql.origins import AllowedOrigins
from app.graphql.request import Acceptance
from app.graphql.socket import GraphQLSocket
from app.health import Readiness, healthz
from app.logs import configure_logs, flush_requests
from app.metrics_port import metrics_port, metrics_route
from app.paths import GRAPHQL_PATH
from app.receipts import Receipts
from app.requests import Requests
from app.settings import Settings, load_settings
from app.stopping import STOPPING, Stopping
from app.unrouted import http_exception, nothing_there
from app.webhooks import PaymentWebhook
from app.wiring import Application, open_application
from app.worker import working
from gql.documents.budgets import FOLDER, read_documents
from services.clock import Clock, system_clock

_LONGEST_WAIT_SECONDS = 3.0
"""How long anybody waits to be begun, and is refused then."""
_NEW_OBJECTS, _TIMES_KEPT = 5_000, 4


def create_app() -> ASGIApp:
    """Make what each worker of uvicorn serves.

    The settings come from the environment, where the command has put the database's URL. Raises
    `BudgetsInvalid` where one of our own documents lacks its budget, and would only be left out.
    """
    read_documents(FOLDER)
    settings = load_settings()
    configure_logs(is_json=settings.is_production)
    return make_app(settings, on_started=keep_what_is_there)


def keep_what_is_there() -> None:
    """Spare the collector what lives as long as the process: the schema is most of the heap.

    It looks after more new objects than usual: a page makes a thousand, which need no looking for.
    And after so few, and so soon again, that nobody waits long for it: a large document makes tens
    of thousands, and looking through them stops all threads.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _TIMES_KEPT)


def make_app(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    on_started: Callable[[], None] = lambda: None,
) -> ASGIApp:
    """Make the ASGI application; its parts are opened when the server starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, object]]:
        if settings.database_url is None:
            raise RuntimeError("start the server with `guidance serve`")
        async with open_application(settings, settings.database_url, clock=clock) as application:
            endpoint = graphql_endpoint(application)
            app.router.routes.extend(routes(application, endpoint))
            direct.graphql = endpoint
            others.charge = application.meter.charge_refusal
            exposition = metrics_route(application)
            if settings.metrics_port is None:
                app.router.routes.append(exposition)
            async with (
                application.documents.serving(),
                metrics_port(settings, exposition),
                working(application) if settings.serve_runs_worker else nullcontext(),
            ):
                on_started()
                yield {
                    STOPPING: Stopping(),
                    CONNECTIONS: Connections(_connection_bounds(settings)),
                    SOCKETS: Sockets(settings.socket_bounds),
                    ADMISSION: admission_control(application),
                }
                flush_requests()

    starlette = Starlette(lifespan=lifespan, exception_handlers={HTTPException: http_exception})
    starlette.router.default = nothing_there
    others = ChargedRefusals(starlette)
    direct = Direct(others)
    app = cross_origin(direct, _allowed_origins(settings), settings.graphql_allowed_headers)
    return Requests(app, _proxied(app, settings.trusted_proxies))


def _proxied(app: ASGIApp, trusted: Sequence[str]) -> ASGIApp:
    """The application for what came by way of a proxy, which is believed where it is `trusted`."""
    return ProxyHeadersMiddleware(app, list(trusted)) if trusted else app  # type: ignore[arg-type, return-value]  # its ASGI is typed by itself


def _allowed_origins(settings: Settings) -> AllowedOrigins:
    """Whose pages may ask: in development those of any port of the machine too."""
    return AllowedOrigins(settings.graphql_allowed_origins, allows_local=not settings.is_production)


def _connection_bounds(settings: Settings) -> ConnectionBounds:
    """Those that are set, as far as the system has room for them."""
    bounds, room = settings.connection_bounds, descriptor_limit()
    return bounds if room is None else replace(bounds, most=min(bounds.most, room))


def admission_control(application: Application) -> AdmissionController:
    """What refuses work that would have to wait too long."""
    settings, database = application.settings, application.database
    bounds = AdmissionBounds(
        settings.overload_delay_seconds,
        settings.overload_interval_seconds,
        at_once=settings.database_pool_size,
    )
    # As many again as have a connection: the database never waits for us.
    queue = AdmissionQueue(
        lambda: database.waiting() < bounds.at_once,
        longest_wait_seconds=_LONGEST_WAIT_SECONDS if bounds.target_seconds else inf,
    )
    return AdmissionController(bounds, queue, proxies=Proxies(settings.trusted_proxies))


def graphql_endpoint(application: Application) -> GraphQLEndpoint:
    """What answers operations over HTTP."""
    settings = application.settings
    return GraphQLEndpoint(
        application.graphql,
        application.authenticator,
        application.clock,
        application.meter.charge_refusal,
        Acceptance(
            max_body_bytes=settings.graphql_max_body_bytes,
            max_batch=settings.graphql_max_batch,
            allowed_origins=_allowed_origins(settings),
        ),
        statuses=settings.graphql_status_profile,
        tells_timing=settings.tells_timing,
    )


def routes(application: Application, endpoint: GraphQLEndpoint) -> Sequence[BaseRoute]:
    """Everything that is served with `application`."""
    settings = application.settings
    socket = GraphQLSocket(
        application.graphql,
        application.authenticator,
        application.clock,
        allowed_origins=_allowed_origins(settings),
        max_message_bytes=settings.graphql_max_body_bytes,
    )

    readiness = Readiness(
        application.database,
        application.revisions,
        application.subscriptions,
        application.documents,
    )

    privacy = application.privacy
    exports = Exports(application.database, privacy.files, clock=application.clock)
    receipts = Receipts(application.database, privacy.links)
    return [
        Route(
            GRAPHQL_PATH,
            explorer.Page(endpoint) if settings.has_page else endpoint,
            methods=["GET", "POST"],
        ),
        WebSocketRoute(GRAPHQL_PATH, socket.serve),
        *(explorer.ROUTES if settings.has_page else ()),
        Route("/webhooks/payments", PaymentWebhook(application.billing).answer, methods=["POST"]),
        Route("/exports/{token}", exports.answer),
        Route("/receipts/{token}", receipts.answer),
        Route("/healthz", healthz),
        Route("/readyz", readiness.answer),
    ]
