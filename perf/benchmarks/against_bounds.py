"""`guidance bench-bounds`: what a request costs here, beside the least that it can cost."""

import secrets
from collections.abc import Sequence

import click

from app.database import database_url
from app.settings import load_settings
from perf import options
from perf.benchmarks.operations import OPERATIONS
from perf.benchmarks.people import tokens_of_people
from perf.benchmarks.published import asked_by_id, published
from perf.benchmarks.servers import JSON, OURS, PRODUCTION, ROWS, leave_cores, running
from perf.benchmarks.turns import Contender, Load, compare
from perf.benchmarks.wire import UnexpectedAnswer, posted

_PEOPLE = 200
_PATHS = {ROWS: "rows", JSON: "json"}


@click.command()
@options.requests(1_000)
@options.rounds(5)
@options.number("--connections", 16, "At a time.")
def bench_bounds(requests: int, rounds: int, connections: int) -> None:
    """Measure the server on the data of `guidance seed --profile bench`, beside its bounds.

    The documents are published for the client `bench`, asked for by their ids, and retired.
    Bound R reads rows and writes the answer by hand; bound J sends JSON that PostgreSQL built.
    Each server runs on one core, PostgreSQL and the load on the others.
    """
    settings = load_settings()
    secret = secrets.token_hex()
    tokens = tokens_of_people(secret, _PEOPLE)
    cores = leave_cores()
    texts = [one.document for one in OPERATIONS]
    with database_url(settings) as url, published(url, texts):
        environment = PRODUCTION | {"DATABASE_URL": url, "JWT_SECRET_KEY": secret}
        with (
            running(OURS, environment, cores) as ours,
            running(ROWS, environment, cores) as rows,
            running(JSON, environment, cores) as json,
        ):
            contenders = [
                Contender(ours, _of_ours(tokens)),
                *(Contender(server, _of_bound(server.name)) for server in (rows, json)),
            ]
            try:
                compare(contenders, ROWS, Load(requests, rounds, connections))
            except UnexpectedAnswer as error:
                raise click.ClickException(f"a server did not answer: {error}") from None


def _of_ours(tokens: Sequence[str]) -> dict[str, Sequence[bytes]]:
    return {
        operation.name: [
            asked_by_id(operation.document, authorization=f"Bearer {token}") for token in tokens
        ]
        for operation in OPERATIONS
    }


def _of_bound(name: str) -> dict[str, Sequence[bytes]]:
    return {
        operation.name: [
            posted(bound_path(_PATHS[name], operation.name, user_id), b"{}")
            for user_id in range(1, _PEOPLE + 1)
        ]
        for operation in OPERATIONS
    }


def bound_path(bound: str, operation: str, user_id: int) -> str:
    """Where a bound answers an operation in the name of a person."""
    return f"/{bound}/{operation.replace(' ', '-')}/{user_id}"
