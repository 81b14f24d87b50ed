"""`guidance bench search`: what a search costs a person who has very many messages."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import asyncpg
import click

from db.database import Database, open_database
from db.embedded import embedded_postgres
from db.page import SearchPosition
from db.schema.migration import migrate
from perf.benchmarks.suites.search.filling import (
    PERSON,
    PIECES,
    fill,
    index,
    is_prepared,
    prepare,
)
from perf.benchmarks.suites.search.plans import blocks_of, executed_plan
from perf.benchmarks.suites.search.queries import KINDS, Search
from perf.cli import options
from services.search.indexing import MessageIndexer
from services.search.service import SearchService

if TYPE_CHECKING:
    from db.connections.session import Driver

_PAGE = 20


@dataclass(frozen=True, slots=True)
class Cost:
    """What one search took, and how many blocks of 8 KB its statement read, in memory or not."""

    milliseconds: float
    blocks: int


@click.command("search")
@options.number("--messages", 100_000, "Messages of the person, of 71 words on average.", least=100)
@click.option(
    "--others",
    "sizes",
    multiple=True,
    type=click.IntRange(100),
    default=(10_000, 1_000_000),
    show_default=True,
    help="A number of messages of others, of three words. Repeat it.",
)
@options.number("--searches", 20, "Searches of each kind.", least=2)
@click.option(
    "--folder",
    type=options.FOLDER,
    help="Keep the databases there, and use what is there already; otherwise they are thrown away.",
)
def bench_search(messages: int, sizes: tuple[int, ...], searches: int, folder: Path | None) -> None:
    """What a search costs a person with very many messages.

    On databases of its own, which differ in how many messages others have. Milliseconds are of the
    whole search, with its statements; blocks are those of the statement that searches.
    """
    for others in sizes:
        with _database(folder, messages, others) as url:
            costs = asyncio.run(_measure(url, messages, others, searches))
        click.echo(f"\n{others:,} messages of others")
        click.echo(f"{'search':<36}{'median ms':>11}{'p95 ms':>9}{'blocks':>9}{'most':>9}")
        for name, found in costs.items():
            _print(name, found)
        _print("all", [one for found in costs.values() for one in found])


def _print(name: str, costs: list[Cost]) -> None:
    times, blocks = [one.milliseconds for one in costs], [one.blocks for one in costs]
    p95 = quantiles(times, n=20)[-1]
    click.echo(f"{name:<36}{median(times):>11.2f}{p95:>9.2f}{median(blocks):>9.0f}{max(blocks):>9}")


@contextmanager
def _database(folder: Path | None, messages: int, others: int) -> Iterator[str]:
    if folder is None:
        with (
            TemporaryDirectory(prefix="guidance-search-") as own,
            _database(Path(own), messages, others) as url,
        ):
            yield url
        return
    with embedded_postgres(folder / f"{messages}-{others}", is_durable=False) as url:
        if not asyncio.run(is_prepared(url)):
            migrate(url)
        yield url


async def _measure(url: str, messages: int, others: int, searches: int) -> dict[str, list[Cost]]:
    connection = await asyncpg.connect(url)
    try:
        await prepare(connection)
        await fill(
            *(connection, messages, others),
            report=lambda done: click.echo(f"{done} of {PIECES} filled", err=True),
        )
        await index(connection)
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        async with open_database(url, replica_url=None, pool_size=1, observe=None) as database:
            measuring = _Measuring(database, connection)
            for kind in KINDS.values():
                await measuring.cost(kind(Random("warm-up"), messages))
            return {
                name: [
                    await measuring.cost(kind(Random(f"{name} {number}"), messages))
                    for number in range(searches)
                ]
                for name, kind in KINDS.items()
            }
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class _Measuring:
    """A search as the API runs it, and beside it the plan of its statement."""

    database: Database
    explaining: "Driver"

    async def cost(self, search: Search) -> Cost:
        service = SearchService(self.database, MessageIndexer(self.database))
        after: SearchPosition | None = None
        for _ in range(search.page - 1):
            page = await service.search(PERSON, search.scope, first=_PAGE, after=after)
            after = page.positions[-1] if page.positions else after
        started = perf_counter()
        await service.search(PERSON, search.scope, first=_PAGE, after=after)
        milliseconds = (perf_counter() - started) * 1_000
        plan = await executed_plan(
            self.explaining, PERSON, search.scope, after=after, most=_PAGE + 1
        )
        return Cost(milliseconds, blocks_of(plan))
