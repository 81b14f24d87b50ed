"""`guidance bench`: what a request costs here, beside what it costs with stock Strawberry."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median, quantiles

import click

from app.settings import load_settings
from app.wiring import database_url
from perf.benchmarks.cache import compare_cache
from perf.benchmarks.load import send
from perf.benchmarks.operations import OPERATIONS, QUOTA, Operation
from perf.benchmarks.people import tokens_of_people
from perf.benchmarks.servers import OURS, STOCK, Server, leave_a_core, running
from perf.benchmarks.wire import UnexpectedAnswer

_PEOPLE = 200
_CONNECTIONS = 4
_WARM_UP = 200
_PERCENT = 100


@click.command()
@click.option(
    "--requests",
    type=click.IntRange(100),
    default=500,
    show_default=True,
    help="Requests for each operation, server and round.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Rounds, the servers taking turns; the medians are printed.",
)
@click.option(
    "--memory-requests",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Requests after which the memory is printed, every fifth of them.",
)
@click.option(
    "--cache",
    is_flag=True,
    help="Compare the subscription cache off, in memory and, given REDIS_URL, in Redis, instead.",
)
def bench(requests: int, rounds: int, memory_requests: int, *, cache: bool) -> None:
    """Measure the server on the data of `guidance seed --profile bench`.

    The server runs on one core, PostgreSQL and the load on the others.
    """
    settings = load_settings()
    secret = secrets.token_hex()
    tokens = tokens_of_people(secret, _PEOPLE)
    server_core = leave_a_core()
    with database_url(settings) as url:
        environment = {"DATABASE_URL": url, "JWT_SECRET_KEY": secret}
        try:
            if cache:
                compare_cache(
                    environment,
                    server_core,
                    tokens,
                    requests=requests,
                    rounds=rounds,
                    redis_url=settings.redis_url,
                )
                return
            with _servers(environment, server_core) as servers:
                _compare(servers, tokens, requests, rounds)
            if memory_requests:
                with running(OURS, environment, server_core) as server:
                    _watch_memory(server, tokens, memory_requests)
        except UnexpectedAnswer as error:
            raise click.ClickException(f"the server did not answer with data: {error}") from None


@contextmanager
def _servers(environment: dict[str, str], core: int | None) -> Iterator[tuple[Server, Server]]:
    with running(OURS, environment, core) as ours, running(STOCK, environment, core) as stock:
        yield ours, stock


def _compare(servers: Sequence[Server], tokens: Sequence[str], requests: int, rounds: int) -> None:
    click.echo(
        f"{'operation':<20}{'server':<20}{'CPU us':>8}{'p50 ms':>8}{'p99 ms':>8}{'ratio':>8}"
    )
    for operation in OPERATIONS:
        costs: dict[str, list[float]] = {server.name: [] for server in servers}
        taken: dict[str, list[float]] = {server.name: [] for server in servers}
        for server in servers:
            _load(server, operation, tokens, _WARM_UP)
        for _ in range(rounds):
            for server in servers:
                before = server.cpu_seconds()
                taken[server.name] += _load(server, operation, tokens, requests)
                costs[server.name].append((server.cpu_seconds() - before) / requests)
        for server in servers:
            cost = median(costs[server.name])
            cuts = quantiles(taken[server.name], n=_PERCENT)
            click.echo(
                f"{operation.name:<20}{server.name:<20}{cost * 1e6:>8.0f}{cuts[49] * 1e3:>8.2f}"
                f"{cuts[98] * 1e3:>8.2f}{cost / median(costs[STOCK]):>8.2f}"
            )


def _watch_memory(server: Server, tokens: Sequence[str], requests: int) -> None:
    click.echo(f"\n{'requests':>10}{'memory MB':>12}")
    for step in range(1, 6):
        _load(server, QUOTA if step % 2 else OPERATIONS[-1], tokens, requests // 5)
        click.echo(f"{requests // 5 * step:>10}{server.resident_bytes() / 1e6:>12.1f}")


def _load(
    server: Server, operation: Operation, tokens: Sequence[str], requests: int
) -> list[float]:
    return asyncio.run(
        send(server.port, operation, tokens, requests=requests, connections=_CONNECTIONS)
    )
