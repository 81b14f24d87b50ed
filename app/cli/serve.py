"""`guidance serve`: the server, in one process or several."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import click
import uvicorn

from app.settings import Settings, load_settings
from app.wiring import database_url

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8000
_BACKLOG = 2048
# A worker answers only once it has imported everything; on a loaded machine the usual five seconds
# would kill each before it can serve.
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
def serve(host: str, port: int, workers: int) -> None:
    """Serve the API; on an embedded database when DATABASE_URL is not set."""
    settings = load_settings()
    check_is_free(host, port)
    with database_url(settings) as url:
        run_server(settings, url, host=host, port=port, workers=workers)


def check_is_free(host: str, port: int, hint: str = "") -> None:
    """Fail in one line where the server could not listen, with a hint at what to do."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(f"port {port} is taken{hint}") from None
        raise click.ClickException(f"{host}:{port} cannot be listened on: {error}") from error


def run_server(settings: Settings, url: str, *, host: str, port: int, workers: int) -> None:
    """Serve from `workers` processes on the database at `url` until told to stop.

    Requests that are running when SIGTERM or SIGINT comes are finished within the grace period.
    """
    os.environ["DATABASE_URL"] = url
    with _shared_metrics(workers):
        uvicorn.run(
            "app.server:create_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            backlog=_BACKLOG,
            access_log=False,
            log_level="warning" if settings.is_production else "info",
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=settings.shutdown_grace_seconds,
            timeout_worker_healthcheck=_WORKER_PATIENCE_SECONDS,
        )


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="guidance-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield
