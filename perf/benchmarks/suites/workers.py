"""`guidance bench workers`: throughput of two processes compared with one."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter

import click

from app.composition.database_url import database_url
from app.settings import load_settings
from perf.benchmarks.harness.closed_loop import exchange
from perf.benchmarks.harness.operations import QUOTA
from perf.benchmarks.harness.published import published, request_by_id
from perf.cli import options
from perf.servers.connection import UnexpectedAnswer
from perf.servers.credentials import tokens_of_people
from perf.servers.process import (
    OURS,
    PRODUCTION,
    TWO_WORKERS,
    Server,
    reserve_cores,
    running_process,
)

_PEOPLE, _CONNECTIONS = 200, 32
_WARM_UP = 500


@dataclass(slots=True)
class _Figures:
    """Requests per second, and processor seconds per request, by round."""

    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)


@click.command("workers")
@options.requests(4_000, "Requests for each server and round.")
@options.rounds(5)
def bench_workers(requests: int, rounds: int) -> None:
    """What two processes serve beside one.

    Both answer the quota. On the data of `guidance db seed --profile bench`. The servers need two
    cores of their own, besides those of PostgreSQL and the load; on a smaller machine the
    throughput of two is computed from the processor time of a request.
    """
    settings = load_settings()
    secret = secrets.token_hex()
    tokens = tokens_of_people(secret, _PEOPLE)
    offered = [request_by_id(QUOTA.document, authorization=f"Bearer {token}") for token in tokens]
    two_cores = reserve_cores(2, keeping=2)
    cores = two_cores or reserve_cores()
    with database_url(settings) as url, published(url, [QUOTA.document]):
        environment = PRODUCTION | {"DATABASE_URL": url, "JWT_SECRET_KEY": secret}
        with (
            running_process(OURS, environment, cores) as one,
            running_process(TWO_WORKERS, environment, cores) as two,
        ):
            try:
                figures = _measured((one, two), offered, requests, rounds)
            except UnexpectedAnswer as error:
                raise click.ClickException(f"a server did not answer: {error}") from None
    _print(*figures, is_measured=two_cores is not None)


def _measured(
    servers: Sequence[Server], offered: Sequence[bytes], requests: int, rounds: int
) -> list[_Figures]:
    figures = [_Figures() for _ in servers]
    for server in servers:
        _ask(server, offered, _WARM_UP)
    for _ in range(rounds):
        for server, one in zip(servers, figures, strict=True):
            began, spent = perf_counter(), server.cpu_seconds()
            _ask(server, offered, requests)
            one.rates.append(requests / (perf_counter() - began))
            one.costs.append((server.cpu_seconds() - spent) / requests)
    return figures


def _ask(server: Server, offered: Sequence[bytes], requests: int) -> None:
    asyncio.run(exchange(server.port, offered, requests=requests, connections=_CONNECTIONS))


def _print(one: _Figures, two: _Figures, *, is_measured: bool) -> None:
    click.echo(f"{'processes':<12}{'requests/s':>12}{'CPU us':>8}")
    for name, figures in (("one", one), ("two", two)):
        rate, cost = median(figures.rates), median(figures.costs)
        click.echo(f"{name:<12}{rate:>12.0f}{cost * 1e6:>8.0f}")
    if is_measured:
        times, how = median(two.rates) / median(one.rates), "measured, each on a core of its own"
    else:
        times, how = 2 * median(one.costs) / median(two.costs), "by the processor time of a request"
    click.echo(f"two serve {times:.2f} times as much as one, {how}")
