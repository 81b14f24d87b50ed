"""The ASGI application: routes and lifespan."""

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from math import inf

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import explorer
from app.authentication.routers import Routers
from app.endpoints.charged_refusals import RefusalChargingMiddleware
from app.endpoints.exports import Exports
from app.endpoints.health import Readiness, healthz
from app.endpoints.invoices import Invoices
from app.endpoints.metrics_port import metrics_port, metrics_route
from app.endpoints.receipts import Receipts
from app.endpoints.traced import traced
from app.endpoints.webhooks import PaymentWebhook
from app.garbage_collection import freeze_heap
from app.graphql.request.parsing import RequestLimits
from app.graphql.transports.chat_stream.endpoint import ChatStreamEndpoint
from app.graphql.transports.http.endpoint import GraphQLEndpoint
from app.graphql.transports.websocket.endpoint import GraphQLWebSocket
from app.http.admission.controller import ADMISSION, AdmissionController, AdmissionLimits
from app.http.admission.queue import AdmissionQueue
from app.http.connections.file_descriptors import max_connections_of_descriptors
from app.http.connections.limits import ConnectionLimits
from app.http.connections.proxies import Proxies
from app.http.connections.registry import CONNECTION_REGISTRY, ConnectionRegistry
from app.http.connections.websocket_limits import WEBSOCKET_REGISTRY, WebSocketRegistry
from app.http.cors import refuse_preflight, with_cors
from app.http.draining import draining_on_sigterm
from app.http.error_responses import (
    http_error_response,
    internal_error_response,
    not_found,
)
from app.http.graphql_route import GRAPHQL_PATH, GraphQLShortcut
from app.http.origins import AllowedOrigins
from app.http.peer import PeerMiddleware
from app.http.request_context import RequestContextMiddleware
from app.http.shutdown import SHUTDOWN, ShutdownEvent
from app.http.trace_callers import TraceCallers
from app.logs import configure_logs, flush_requests
from app.settings import Settings, load_settings
from app.settings.misspelled import report_misspelled
from app.wiring import Application, open_application
from app.worker import running_worker
from gql.documents.trusted_documents import FOLDER, read_documents
from services.clock import Clock, system_clock

_log = structlog.get_logger("guidance.server")
_LONGEST_WAIT_SECONDS = 3.0
"""The longest that an admitted request waits to be started; then it is refused."""


def create_app() -> ASGIApp:
    """Make the application of a uvicorn worker.

    Settings come from the environment, where `guidance serve` has put the database's URL. Raises
    `BudgetsInvalid` if one of our own documents has no budget.
    """
    read_documents(FOLDER)
    settings = load_settings()
    configure_logs(is_json=settings.is_production)
    report_misspelled()
    # In development uvicorn says it, or `guidance demo`.
    return make_app(settings, on_started=_say_serving if settings.is_production else freeze_heap)


def _say_serving() -> None:
    freeze_heap()
    _log.info("serving", pid=os.getpid())


def make_app(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    on_started: Callable[[], None] = lambda: None,
) -> ASGIApp:
    """Make the ASGI application; its parts are opened by its lifespan."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, object]]:
        if settings.database_url is None:
            raise RuntimeError("start the server with `guidance serve`")
        async with open_application(settings, settings.database_url, clock=clock) as application:
            endpoint = graphql_endpoint(application)
            drain, shutdown = ShutdownEvent(), ShutdownEvent()
            connections = ConnectionRegistry(_connection_limits(settings))
            drain.listen(connections.drain)
            drain.listen(application.chat.end_takeovers)
            shutdown.listen(application.chat.hand_over)
            app.router.routes.extend(routes(application, endpoint, drain))
            shortcut.graphql = endpoint
            others.charge = application.meter.charge_refusal
            exposition = metrics_route(application)
            if settings.metrics_port is None:
                app.router.routes.append(exposition)
            async with (
                application.documents.serving(),
                _tools(application) as tools,
                metrics_port(settings, exposition),
                running_worker(application) if settings.serve_runs_worker else nullcontext(),
            ):
                app.router.routes.extend(tools)
                on_started()
                with draining_on_sigterm(drain, seconds=settings.shutdown_drain_seconds):
                    yield {
                        SHUTDOWN: shutdown,
                        CONNECTION_REGISTRY: connections,
                        WEBSOCKET_REGISTRY: WebSocketRegistry(settings.websocket_limits),
                        ADMISSION: admission_control(application),
                    }
                flush_requests()

    starlette = Starlette(
        lifespan=lifespan,
        exception_handlers={
            HTTPException: http_error_response,
            Exception: internal_error_response,
        },
    )
    starlette.router.default = not_found
    # A redirect loses what was posted, and behind a proxy it names the wrong scheme.
    starlette.router.redirect_slashes = False
    others = RefusalChargingMiddleware(starlette)
    shortcut = GraphQLShortcut(others)
    app = with_cors(shortcut, _allowed_origins(settings), settings.graphql_allowed_headers)
    return RequestContextMiddleware(app, _proxied(app, settings), _trace_callers(settings))


def _trace_callers(settings: Settings) -> TraceCallers:
    """Whose decision about tracing is followed."""
    routers = _routers(settings)
    is_router = (lambda _: False) if routers is None else routers.has_key
    return TraceCallers(Proxies(settings.trace_callers), is_router)


def _proxied(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application for requests passed on by a proxy: trusted ones name the client."""
    trusted = list(settings.trusted_proxies)
    proxied: ASGIApp = ProxyHeadersMiddleware(app, trusted) if trusted else app  # type: ignore[arg-type, assignment]  # its ASGI is typed by itself
    return PeerMiddleware(proxied) if settings.graphql_router_certificates else proxied


def _allowed_origins(settings: Settings) -> AllowedOrigins:
    """The origins whose pages may call: in development also any local port."""
    return AllowedOrigins(settings.graphql_allowed_origins, allows_local=not settings.is_production)


def _connection_limits(settings: Settings) -> ConnectionLimits:
    """The configured limits, lowered to what the operating system allows."""
    limits, room = settings.connection_limits, max_connections_of_descriptors()
    return (
        limits
        if room is None
        else replace(limits, max_connections=min(limits.max_connections, room))
    )


def admission_control(application: Application) -> AdmissionController:
    """The controller that refuses requests which would wait too long."""
    settings, database = application.settings, application.database
    limits = AdmissionLimits(
        settings.overload_delay_seconds,
        settings.overload_interval_seconds,
        max_concurrent=settings.database_pool_size,
    )
    # With N operations at work each takes N times its own time, as all share one core: more than
    # have a connection would only make everybody's take longer.
    meter, most = application.meter, limits.max_concurrent
    queue = AdmissionQueue(
        lambda: meter.slots_in_use < most and database.waiting() < most,
        longest_wait_seconds=_LONGEST_WAIT_SECONDS if limits.target_seconds else inf,
    )
    return AdmissionController(limits, queue, proxies=Proxies(settings.trusted_proxies))


def graphql_endpoint(application: Application) -> GraphQLEndpoint:
    """The endpoint for operations over HTTP."""
    settings = application.settings
    return GraphQLEndpoint(
        application.graphql,
        application.authenticator,
        application.clock,
        RequestLimits(
            max_body_bytes=settings.graphql_max_body_bytes,
            max_batch=settings.graphql_max_batch,
            allowed_origins=_allowed_origins(settings),
        ),
        statuses=settings.graphql_status_profile,
        sends_server_timing=settings.sends_server_timing,
        known_answers=application.known_answers,
        routers=_routers(settings),
    )


def _routers(settings: Settings) -> Routers | None:
    """The routers that may write their texts; None if there are none."""
    if not settings.recognises_routers:
        return None
    keys = [key.get_secret_value() for key in settings.graphql_router_keys]
    proxies = Proxies(settings.trusted_proxies)
    return Routers(keys, settings.graphql_router_certificates, proxies)


def routes(
    application: Application, endpoint: GraphQLEndpoint, drain: ShutdownEvent
) -> Sequence[BaseRoute]:
    """All routes except /metrics; `drain` is set when the server is about to end."""
    settings = application.settings
    socket = GraphQLWebSocket(
        application.graphql,
        application.authenticator,
        application.clock,
        allowed_origins=_allowed_origins(settings),
        max_message_bytes=settings.graphql_max_body_bytes,
        routers=_routers(settings),
    )

    readiness = Readiness(
        application.database,
        application.revisions,
        application.subscriptions,
        application.documents,
        drain,
        application.privacy.restored,
    )

    chat_stream = ChatStreamEndpoint(
        application.graphql,
        application.authenticator,
        application.clock,
        max_body_bytes=settings.chat_stream_max_body_bytes,
    )
    tracer = application.graphql.tracer
    webhook = traced(tracer, "webhook", PaymentWebhook(application.billing).answer)
    privacy = application.privacy
    exports = Exports(privacy.downloads)
    receipts = Receipts(application.database, privacy.links)
    invoices = Invoices(application.invoicing.links, application.invoicing.printer)
    return [
        Route(
            GRAPHQL_PATH,
            explorer.Page(endpoint) if settings.serves_explorer else endpoint,
            methods=["GET", "POST"],
        ),
        Route(GRAPHQL_PATH, refuse_preflight, methods=["OPTIONS"]),
        WebSocketRoute(GRAPHQL_PATH, socket.serve),
        *(_explorer_routes(settings) if settings.serves_explorer else ()),
        *chat_stream.routes(),
        Route("/webhooks/payments", webhook, methods=["POST"]),
        Route("/exports/{token}", exports.answer),
        Route("/receipts/{token}", receipts.answer),
        Route("/invoices/{token}", invoices.answer),
        Route("/healthz", healthz),
        Route("/readyz", readiness.answer),
    ]


@asynccontextmanager
async def _tools(application: Application) -> AsyncIterator[Sequence[BaseRoute]]:
    """The routes of /mcp; none, and nothing of its library, unless it is switched on."""
    if not application.settings.mcp_enabled:
        yield ()
        return
    from app.endpoints.tools import open_tools

    async with open_tools(application) as routes:
        yield routes


def _explorer_routes(settings: Settings) -> Sequence[Route]:
    callers = explorer.callers_route(settings.graphql_ide_callers or {})
    return callers, explorer.STATIC_ROUTE, explorer.CHAT_ROUTE
