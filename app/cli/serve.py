"""`guidance serve`: the server, in one process or several."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import socket
from tempfile import TemporaryDirectory
from types import FrameType

import click
import structlog
import uvicorn
from uvicorn.config import LOGGING_CONFIG, STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from app.cli.database import served_database_url
from app.cli.failures.ports import check_port_is_free
from app.http.connections.file_descriptors import raise_file_descriptor_limit
from app.logs import configure_logs
from app.settings import Settings, load_settings
from app.settings.misspelled import report_misspelled_before

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8000
_log = structlog.get_logger("serve")
_BACKLOG = 2048
# A worker answers health checks only once it has imported everything; on a busy machine uvicorn's
# default of five seconds would kill each worker before that.
_WORKER_PATIENCE_SECONDS = 60


@click.command()
@click.option("--host", default=DEFAULT_HOST, show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Processes to serve from.",
)
@click.option(
    "--worker/--no-worker",
    default=True,
    show_default=True,
    help="Whether to do the background jobs too.",
)
def serve(host: str, port: int, workers: int, *, worker: bool) -> None:
    """Serve the API; on an embedded database when DATABASE_URL is not set."""
    if not worker:
        os.environ["SERVE_RUNS_WORKER"] = "false"
    settings = load_settings()
    check_port_is_free(host, port)
    with served_database_url(settings) as url:
        run_server(settings, url, host=host, port=port, workers=workers)


def run_server(
    settings: Settings,
    url: str,
    *,
    host: str,
    port: int,
    workers: int,
    announcement: str | None = None,
) -> None:
    """Serve from `workers` processes on the database at `url` until told to stop.

    An `announcement` is printed once requests are answered, in place of uvicorn's lines; with one
    worker only.

    On SIGTERM new requests are served for a while yet, on SIGINT none. Then running requests are
    finished within the grace period; streams and WebSockets end at once, and their clients come
    back elsewhere, where the replies that are being written go on.
    """
    os.environ["DATABASE_URL"] = url
    # uvicorn raises the signal again when it has stopped; by default that would leave the embedded
    # database running.
    signal.signal(signal.SIGTERM, _leave)
    raise_file_descriptor_limit(settings.http_max_connections)
    with _shared_metrics(workers):
        configure_logs(is_json=settings.is_production)
        report_misspelled_before(settings)
        report_without_redis(settings, workers)
        config = uvicorn.Config(
            "app.asgi:create_app",
            factory=True,
            http="app.http.protocol.http:HttpProtocol",
            ws_max_size=settings.graphql_max_body_bytes,
            host=host,
            port=port,
            workers=workers,
            backlog=_BACKLOG,
            access_log=False,
            log_config=None if settings.is_production else LOGGING_CONFIG,
            log_level="warning" if settings.is_production or announcement else "info",
            server_header=False,
            proxy_headers=False,
            # Otherwise a connection whose reading is resumed by a request would be read in that
            # request's context from then on, and later requests be counted as its work.
            reset_contextvars=True,
            lifespan="on",
            timeout_graceful_shutdown=settings.shutdown_grace_seconds,
            timeout_worker_healthcheck=_WORKER_PATIENCE_SECONDS,
        )
        if workers > 1:
            Multiprocess(config, sockets=[config.bind_socket()]).run()
        else:
            _run_here(_AnnouncingServer(config, announcement))


def report_without_redis(settings: Settings, workers: int) -> None:
    """Log a warning where several processes would know nothing of each other's changes."""
    if workers > 1 and settings.redis_url is None:
        _log.warning("several processes serve without REDIS_URL", workers=workers)


class _AnnouncingServer(uvicorn.Server):
    """A server that says when it has started."""

    def __init__(self, config: uvicorn.Config, announcement: str | None) -> None:
        super().__init__(config)
        self._announcement = announcement

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start, and print the announcement if that succeeded."""
        await super().startup(sockets)
        if self.started and self._announcement is not None:
            click.echo(self._announcement)


def _run_here(server: uvicorn.Server) -> None:
    """Serve from this process; a signal during startup takes effect once that has finished.

    Signal handlers that raise are not reliable before: what is raised within a callback, of which
    importing runs many, is printed and lost.
    """
    with suppress(KeyboardInterrupt), server.capture_signals():
        server.config.load_app()
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _leave(number: int, _frame: FrameType | None) -> None:
    """Exit with the status that shells give a signal, after closing what is open."""
    raise SystemExit(128 + number)


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="guidance-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield
