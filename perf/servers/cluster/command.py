"""`guidance cluster`: the topology of deploy/ from programs on the loopback."""

import signal
import tempfile
from pathlib import Path
from threading import Event

import click

from app.cli.failures.ports import check_port_is_free
from app.cli.groups import CommandGroup
from perf.llm_standin.process import running_stand_in
from perf.servers.cluster.cluster import MOST_INSTANCES, Cluster, running_cluster
from perf.servers.cluster.programs import ProgramsMissing
from perf.servers.cluster.service import ServiceFailed

_DEFAULT_PORT = 8080
_ENVIRONMENT = "environment"


@click.group(cls=CommandGroup)
def cluster() -> None:
    """Run what deploy/ describes, on this machine and without images."""


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=_DEFAULT_PORT,
    show_default=True,
    help="Where HAProxy listens for clients; 0 takes a free one.",
)
@click.option(
    "--instances",
    type=click.IntRange(1, MOST_INSTANCES),
    default=MOST_INSTANCES,
    show_default=True,
    help="Instances that serve.",
)
def up(port: int, instances: int) -> None:
    """Run a cluster until told to stop.

    HAProxy before instances and a worker; PostgreSQL with a standby, behind PgBouncer; Redis with a
    replica and sentinels; and the stand-in for the model. All listens on the loopback alone, keeps
    what it keeps in a temporary folder, and ends with this command, however that ends.
    """
    told_to_stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told_to_stop.set())
    check_port_is_free("127.0.0.1", port)
    with (
        tempfile.TemporaryDirectory(prefix="guidance-cluster-") as folder,
        running_stand_in("--port", "0") as model_url,
    ):
        try:
            with running_cluster(
                Path(folder), model_url=model_url, instances=instances, port=port
            ) as running:
                _describe(running, Path(folder) / _ENVIRONMENT)
                told_to_stop.wait()
        except (ProgramsMissing, ServiceFailed) as failure:
            raise click.ClickException(str(failure)) from None


def _describe(running: Cluster, environment: Path) -> None:
    """Say what runs where, and how commands find it."""
    # As in development, where data and tokens may be made.
    settings = (pair for pair in running.environment.items() if pair[0] != "APP_ENV")
    environment.touch(0o600)
    environment.write_text("".join(f"{name}={value}\n" for name, value in settings))
    for name, service in running.services.items():
        click.echo(f"{name:12} process {service.pid}, log {service.log}")
    for name, port in running.places.items():
        click.echo(f"{name:12} 127.0.0.1:{port}")
    click.echo(f"For commands on it: set -a; . {environment}; set +a")
    click.echo(f"Clients ask at {running.url}/graphql. Ctrl-C ends everything.")
