"""`guidance bench statements`: what our database layer, and its timing, add to the driver."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from statistics import median
from time import process_time

import asyncpg
import click
from sqlalchemy import ARRAY, BigInteger, bindparam, text

from app.composition.database_url import database_url
from app.graphql.request.graphql_request import GraphQLRequest
from app.settings import load_settings
from app.wiring import Application, open_application
from db.database import Database, open_database
from db.request_scope import RequestScope
from db.statement import Statement
from gql.documents.trusted_documents import trusted_documents
from metrics.repository_methods import RepositoryMethods
from perf.benchmarks.harness.single_response import single_response
from perf.cli import options
from services.callers.principal import Person

Repeated = Callable[[], Awaitable[object]]

_LOOKUP = Statement(
    "bench.lookup",
    text("SELECT id, email, created_at FROM users WHERE id = any(:ids)").bindparams(
        bindparam("ids", type_=ARRAY(BigInteger))
    ),
)
_POOL, _TIMED, _UNTIMED = "asyncpg's pool", "our layer", "our layer without timing"
_NAMED = "our layer, operation named"
_OPERATION, _UNTIMED_OPERATION = "ConversationPage", "ConversationPage without timing"
_VIEWER = Person(user_id=1)
_CONNECTIONS = 2
MEASURED_SETTINGS = {"serve_runs_worker": False, "graphql_person_budget": 10**9}
"""Settings without background jobs, and with a budget that one person cannot exhaust."""


@click.command("statements")
@options.number("--calls", 200, "Calls of each way in a round.", least=10)
@options.rounds(31, "ways")
def bench_statements(calls: int, rounds: int) -> None:
    """What our layer and its timing add to a statement.

    One statement and one operation are measured, with timing and without, in turns. Processor time
    of this process, in microseconds: medians of the rounds, and of the ratios to the driver's own
    pool in the same round. On the data of `guidance db seed`.
    """
    with database_url(load_settings()) as url:
        asyncio.run(_measure(url, calls, rounds))


async def _measure(url: str, calls: int, rounds: int) -> None:
    async with AsyncExitStack() as stack:
        works = await _works(url, stack)
        costs = await _in_turns(works, calls, rounds)
    click.echo(f"{'':<34}{'CPU us':>10}{'ratio':>8}")
    for name, found in costs.items():
        ratios = [one / pool for one, pool in zip(found, costs[_POOL], strict=True)]
        click.echo(f"{name:<34}{median(found):>10.1f}{median(ratios):>8.2f}")
    added = median(a - b for a, b in zip(costs[_TIMED], costs[_UNTIMED], strict=True))
    share = added / median(costs[_UNTIMED_OPERATION])
    click.echo(f"timing adds {added:.2f} us to a statement, {share:.2%} of the operation's time")


async def _works(url: str, stack: AsyncExitStack) -> Mapping[str, Repeated]:
    pool = await stack.enter_async_context(asyncpg.create_pool(url, min_size=1, max_size=2))
    timed, untimed = [
        await stack.enter_async_context(
            open_database(url, replica_url=None, pool_size=_CONNECTIONS, observe=observe)
        )
        for observe in (RepositoryMethods().observe, None)
    ]
    settings = load_settings().model_copy(update=MEASURED_SETTINGS)
    with_timing, without = [
        await stack.enter_async_context(
            open_application(settings.model_copy(update={"database_timing": is_timed}), url)
        )
        for is_timed in (True, False)
    ]

    async def bare() -> None:
        async with pool.acquire() as connection:
            await connection.fetch(_LOOKUP.sql, [1])

    return {
        _POOL: bare,
        _TIMED: _lookup(timed),
        _UNTIMED: _lookup(untimed),
        _NAMED: _named(_lookup(timed)),
        _OPERATION: repeatable_operation(with_timing),
        _UNTIMED_OPERATION: repeatable_operation(without),
    }


def _lookup(database: Database) -> Repeated:
    async def look_up() -> None:
        async with database.read() as connection:
            await connection.fetch(_LOOKUP, ids=[1])

    return look_up


def _named(work: Repeated) -> Repeated:
    async def run() -> None:
        with RequestScope(_OPERATION):
            await work()

    return run


def repeatable_operation(application: Application) -> Repeated:
    """A function that answers a page of conversations each time it is called."""
    request = GraphQLRequest(trusted_documents()[_OPERATION].text)

    async def answer() -> None:
        answered = await single_response(application.graphql, request, _VIEWER)
        if "errors" in answered.body:
            raise click.ClickException(f"not answered: {answered.body['errors']}")

    return answer


async def _in_turns(
    works: Mapping[str, Repeated], calls: int, rounds: int
) -> Mapping[str, list[float]]:
    costs: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(rounds + 1):
        for name, work in works.items():
            gc.collect()
            started = process_time()
            for _ in range(calls):
                await work()
            if turn:  # the first one warms up
                costs[name].append((process_time() - started) / calls * 1e6)
    return costs
