"""`guidance bench-execution`: what executing alone costs, compiled and by graphql-core."""

import asyncio
import gc
from dataclasses import replace
from statistics import median
from time import process_time

import click
from graphql import GraphQLSchema

from app.graphql.writing import written
from gql.build import core_schema
from gql.documents.limits import Limits
from gql.documents.prepare import Operation, Preparation
from gql.runtime.run import coerced, run
from perf import options
from perf.benchmarks.memory import new_context
from perf.benchmarks.operations import OPERATIONS

_LIMITS = Limits(tokens=1_000, depth=15, aliases=10)
_MARKS = {"quota": 1 / 2, "page": 1 / 4, "page with messages": 1 / 10}


@click.command()
@options.number("--runs", 100, "Executions of each operation and executor in each round.", least=10)
@options.rounds(15, "executors")
def bench_execution(runs: int, rounds: int) -> None:
    """Execute the benchmark's operations, compiled and by graphql-core, on rows in memory.

    Both run the same prepared operation over the same schema, resolvers, loaders and rows; fails
    where compiled execution takes more than its share.
    """
    core = core_schema()
    preparation = Preparation(core, limits=_LIMITS, allows_introspection=False)
    missed = []
    click.echo(
        f"{'operation':<20}{'graphql-core us':>17}{'compiled us':>13}{'ratio':>8}{'mark':>7}"
    )
    for one in OPERATIONS:
        compiled = preparation.only_operation(one.document)
        stock = replace(compiled, plans=None)
        _check(core, compiled, stock)
        taken: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(rounds):
            taken[False].append(_seconds(core, stock, runs))
            taken[True].append(_seconds(core, compiled, runs))
        slow, fast = median(taken[False]), median(taken[True])
        mark = _MARKS[one.name]
        click.echo(
            f"{one.name:<20}{slow * 1e6:>17.0f}{fast * 1e6:>13.0f}{fast / slow:>8.3f}{mark:>7.2f}"
        )
        if fast > mark * slow:
            missed.append(one.name)
    if missed:
        raise click.ClickException(f"over the mark: {', '.join(missed)}")


def _check(core: GraphQLSchema, compiled: Operation, stock: Operation) -> None:
    """Both give the same answer, and the compiled one by its plan."""

    async def answers() -> tuple[object, object]:
        first, second = [
            await run(core, one, coerced(core, one, None), new_context())
            for one in (compiled, stock)
        ]
        return (written(first.data), first.errors), (written(second.data), second.errors)

    ours, theirs = asyncio.run(answers())
    plan = compiled.plans and compiled.plans.plan(coerced(core, compiled, None))
    if ours != theirs or plan is None:
        raise click.ClickException("compiled execution does not answer as graphql-core does")


def _seconds(core: GraphQLSchema, operation: Operation, runs: int) -> float:
    """The processor time of one execution; contexts are made before."""

    async def seconds() -> float:
        values = coerced(core, operation, None)
        contexts = [new_context() for _ in range(runs)]
        gc.collect()
        started = process_time()
        for context in contexts:
            await run(core, operation, values, context)
        return process_time() - started

    return asyncio.run(seconds()) / runs
