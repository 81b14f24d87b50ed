"""`guidance bench-documents`: a trusted document by its id, beside an empty Starlette route."""

import asyncio
import secrets
from collections.abc import Sequence
from statistics import median
from time import perf_counter

import click

from app.database import database_url
from app.settings import load_settings
from perf import options
from perf.benchmarks.load import exchange
from perf.benchmarks.operations import PAGE_WITH_MESSAGES
from perf.benchmarks.people import tokens_of_people
from perf.benchmarks.published import asked_by_id, published
from perf.benchmarks.servers import EMPTY, OURS, PRODUCTION, Server, leave_cores, running
from perf.benchmarks.wire import UnexpectedAnswer

_PEOPLE = 200
_CONNECTIONS = 8
_WARM_UP = 300
_TYPENAME = "query BenchTypename { __typename }"


@click.command("bench-documents")
@options.requests(4_000, "Requests for each server and round; a tenth of them for the page.")
@options.rounds(5)
def bench_documents(requests: int, rounds: int) -> None:
    """Measure `{ __typename }` and a page of conversations by their ids.

    On the data of `guidance seed --profile bench`; the documents are published for the client
    `bench`, and retired at the end. Each server has one core, the load another.
    """
    settings = load_settings()
    secret = secrets.token_hex()
    cores = leave_cores()
    with (
        database_url(settings) as url,
        published(url, [_TYPENAME, PAGE_WITH_MESSAGES.document]),
    ):
        environment = PRODUCTION | {"DATABASE_URL": url, "JWT_SECRET_KEY": secret}
        try:
            with (
                running(EMPTY, environment, cores) as empty,
                running(OURS, environment, cores) as ours,
            ):
                _measure(empty, ours, tokens_of_people(secret, _PEOPLE), requests, rounds)
        except UnexpectedAnswer as error:
            raise click.ClickException(f"the server did not answer with data: {error}") from None


def _measure(
    empty: Server, ours: Server, tokens: Sequence[str], requests: int, rounds: int
) -> None:
    typename = [asked_by_id(_TYPENAME)]
    page = [
        asked_by_id(PAGE_WITH_MESSAGES.document, authorization=f"Bearer {token}")
        for token in tokens
    ]
    turns = (
        ("empty Starlette route", empty, typename, requests),
        ("{ __typename } by documentId", ours, typename, requests),
        ("20 conversations by documentId", ours, page, max(100, requests // 10)),
    )
    rates: dict[str, list[float]] = {name: [] for name, *_ in turns}
    for _, server, offered, _ in turns:
        _rate(server, offered, _WARM_UP)
    for _ in range(rounds):
        for name, server, offered, count in turns:
            rates[name].append(_rate(server, offered, count))
    click.echo(f"{'':<34}{'requests/s':>12}{'ratio':>8}")
    most = median(rates["empty Starlette route"])
    for name, measured in rates.items():
        click.echo(f"{name:<34}{median(measured):>12.0f}{median(measured) / most:>8.2f}")


def _rate(server: Server, offered: Sequence[bytes], requests: int) -> float:
    started = perf_counter()
    asyncio.run(exchange(server.port, offered, requests=requests, connections=_CONNECTIONS))
    return requests / (perf_counter() - started)
