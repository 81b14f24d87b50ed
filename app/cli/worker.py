"""`guidance worker`: runs the background jobs in a process of their own."""

import asyncio
import signal

import click

from app.cli.database import served_database_url
from app.endpoints.metrics_port import metrics_port, metrics_route
from app.logs import configure_logs
from app.settings import Settings, load_settings
from app.settings.misspelled import report_misspelled
from app.wiring import open_application
from app.worker import running_worker


@click.command()
def worker() -> None:
    """Do the background jobs until told to stop; on an embedded database without DATABASE_URL.

    METRICS_PORT is where Prometheus finds whether they are done.
    """
    settings = load_settings()
    configure_logs(is_json=settings.is_production)
    report_misspelled()
    with served_database_url(settings) as url:
        asyncio.run(work(settings, url))


async def work(settings: Settings, url: str) -> None:
    """Run the jobs on the database at `url` until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        open_application(settings, url) as application,
        metrics_port(settings, metrics_route(application)),
        running_worker(application),
    ):
        click.echo("The worker is working.")
        await stop.wait()
