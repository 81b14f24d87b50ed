"""`guidance bench memory`: whether the server's memory grows with the requests it has answered."""

import asyncio

import click

from perf.benchmarks.harness.closed_loop import send
from perf.benchmarks.harness.measured_server import prepared
from perf.benchmarks.harness.operations import OPERATIONS, QUOTA
from perf.cli import options
from perf.servers.process import OURS, running_process

_CONNECTIONS = 4


@click.command("memory")
@options.number("--requests", 100_000, "Requests in all.", least=100)
def bench_memory(requests: int) -> None:
    """The server's memory after every fifth of the requests.

    On the data of `guidance db seed --profile bench`. The server runs as in production on one core,
    PostgreSQL and the load on the others.
    """
    part = requests // 5
    with prepared() as setup, running_process(OURS, setup.environment, setup.cores) as server:
        click.echo(f"{'requests':>10}{'memory MB':>12}")
        for step in range(1, 6):
            operation = QUOTA if step % 2 else OPERATIONS[-1]
            load = send(
                server.port, operation, setup.tokens, requests=part, connections=_CONNECTIONS
            )
            asyncio.run(load)
            click.echo(f"{part * step:>10}{server.resident_bytes() / 1e6:>12.1f}")
