"""`guidance bench`: the cost of a request here, compared with Strawberry alone."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from app.composition.database_url import database_url
from app.settings import load_settings
from perf.benchmarks.harness.closed_loop import encode_requests, send
from perf.benchmarks.harness.comparison import Contender, RequestPlan, compare
from perf.benchmarks.harness.operations import OPERATIONS, QUOTA, Operation
from perf.benchmarks.suites.cache import compare_cache
from perf.cli import options
from perf.servers.connection import UnexpectedAnswer
from perf.servers.credentials import tokens_of_people
from perf.servers.process import (
    OURS,
    PRODUCTION,
    STOCK,
    Cores,
    Server,
    reserve_cores,
    running_process,
)

_PEOPLE = 200
_CONNECTIONS = 4


@click.command()
@options.requests(500)
@options.rounds(3)
@options.number(
    "--memory-requests",
    0,
    "Requests after which the memory is printed, every fifth of them.",
    least=0,
)
@click.option(
    "--cache",
    is_flag=True,
    help="Compare the subscription cache off, in memory and, given REDIS_URL, in Redis, instead.",
)
def bench(requests: int, rounds: int, memory_requests: int, *, cache: bool) -> None:
    """Measure the server on the data of `guidance seed --profile bench`.

    The server runs as in production on one core, PostgreSQL and the load on the others.
    """
    settings = load_settings()
    secret = secrets.token_hex()
    tokens = tokens_of_people(secret, _PEOPLE)
    server_core = reserve_cores()
    with database_url(settings) as url:
        environment = PRODUCTION | {"DATABASE_URL": url, "JWT_SECRET_KEY": secret}
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
            with _contenders(environment, server_core, tokens) as contenders:
                compare(contenders, STOCK, RequestPlan(requests, rounds, _CONNECTIONS))
            if memory_requests:
                with running_process(OURS, environment, server_core) as server:
                    _watch_memory(server, tokens, memory_requests)
        except UnexpectedAnswer as error:
            raise click.ClickException(f"the server did not answer with data: {error}") from None


@contextmanager
def _contenders(
    environment: dict[str, str], cores: Cores, tokens: Sequence[str]
) -> Iterator[list[Contender]]:
    requests = {operation.name: encode_requests(operation, tokens) for operation in OPERATIONS}
    with (
        running_process(OURS, environment, cores) as ours,
        running_process(STOCK, environment, cores) as stock,
    ):
        yield [Contender(ours, requests), Contender(stock, requests)]


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
