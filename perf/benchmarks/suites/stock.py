"""`guidance bench stock`: the cost of a request here, compared with Strawberry alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from perf.benchmarks.harness.closed_loop import encode_requests
from perf.benchmarks.harness.comparison import Contender, RequestPlan, compare
from perf.benchmarks.harness.measured_server import Setup, prepared
from perf.benchmarks.harness.operations import OPERATIONS
from perf.cli import options
from perf.servers.process import OURS, STOCK, running_process

_CONNECTIONS = 4


@click.command("stock")
@options.requests(500)
@options.rounds(3)
def bench_stock(requests: int, rounds: int) -> None:
    """A request, here and with Strawberry alone.

    On the data of `guidance db seed --profile bench`. The server runs as in production on one core,
    PostgreSQL and the load on the others.
    """
    with prepared() as setup, _contenders(setup) as contenders:
        compare(contenders, STOCK, RequestPlan(requests, rounds, _CONNECTIONS))


@contextmanager
def _contenders(setup: Setup) -> Iterator[list[Contender]]:
    requests = {one.name: encode_requests(one, setup.tokens) for one in OPERATIONS}
    with (
        running_process(OURS, setup.environment, setup.cores) as ours,
        running_process(STOCK, setup.environment, setup.cores) as stock,
    ):
        yield [Contender(ours, requests), Contender(stock, requests)]
