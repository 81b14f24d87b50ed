"""`guidance bench pool`: how many connections a process needs."""

import asyncio
import itertools
import logging
from statistics import median
from time import perf_counter

import click
import structlog

from app.composition.database_url import database_url
from app.settings import Settings, load_settings
from app.wiring import open_application
from perf.benchmarks.suites.statements import MEASURED_SETTINGS, Repeated, repeatable_operation
from perf.cli import options

_EVERY = 1_000
_SIZES = (1, 2, 3, 5, 10, 20, 40)


@click.command("pool")
@options.number("--operations", 1_000, "Operations a round.", least=10)
@options.number("--at-once", 64, "At a time.")
@options.rounds(5, "pools")
def bench_pool(operations: int, at_once: int, rounds: int) -> None:
    """How many connections to the database a process needs.

    Pages of conversations are answered concurrently, with pools of several sizes in turn. `rate` is
    of operations a second, medians of the rounds; `waiting` is the part of an operation's time for
    which it waited for a connection. On the data of `guidance db seed`.
    """
    settings = load_settings().model_copy(update=MEASURED_SETTINGS)
    # Operations are slow here on purpose, and each would log a warning.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with database_url(settings) as url:
        found = asyncio.run(_in_turns(settings, url, operations, at_once, rounds))
    click.echo(f"{'connections':>12}{'rate':>10}{'waiting':>10}")
    for size, (rates, waits) in found.items():
        click.echo(f"{size:>12}{median(rates):>10.0f}{median(waits):>10.1%}")


async def _in_turns(
    settings: Settings, url: str, operations: int, at_once: int, rounds: int
) -> dict[int, tuple[list[float], list[float]]]:
    found: dict[int, tuple[list[float], list[float]]] = {size: ([], []) for size in _SIZES}
    for _, size in itertools.product(range(rounds), _SIZES):
        sized = settings.model_copy(update={"database_pool_size": size})
        async with open_application(sized, url) as application:
            work = repeatable_operation(application)
            await asyncio.gather(*(work() for _ in range(at_once)))
            methods = application.observations.methods
            before = sum(method.waited_seconds for _, method in methods.slowest(_EVERY))
            started = perf_counter()
            await asyncio.gather(*(_repeat(work, operations // at_once) for _ in range(at_once)))
            seconds = perf_counter() - started
            waited = sum(method.waited_seconds for _, method in methods.slowest(_EVERY)) - before
        rates, waits = found[size]
        rates.append(operations / seconds)
        waits.append(waited / (seconds * at_once))
    return found


async def _repeat(work: Repeated, times: int) -> None:
    for _ in range(times):
        await work()
