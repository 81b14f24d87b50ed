"""The command: it fills databases, measures every budgeted document on them, and compares."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import click

from db.embedded import embedded_postgres
from db.schema.migration import migrate
from db.schema.partitions.online import partition
from perf.benchmarks.suites.growth.costs import PRELOAD, WHO, Costs, costs
from perf.benchmarks.suites.growth.data import fill_growth
from perf.benchmarks.suites.growth.judgement import (
    ENOUGH_MESSAGES,
    Measured,
    growths,
    slowdown,
)
from perf.cli import options
from perf.statistics.percentiles import Percentile

_READY, _COPY = "is filled", "measured"


@click.command("growth")
@click.option(
    "--messages",
    "sizes",
    multiple=True,
    type=click.IntRange(100),
    default=(1_000, 100_000, 1_000_000),
    show_default=True,
    help="A number of messages; a quarter are one person's, a million at most. Repeat it.",
)
@options.number("--partitions", 16, "Partitions of the tables of people.")
@options.number("--runs", 10, "How often each document runs.")
@click.option("--document", "names", multiple=True, help="Only this document. Repeat it.")
@click.option(
    "--folder",
    type=options.FOLDER,
    help="Keep the databases there, and use those that are there: filling them takes the longest.",
)
def bench_growth(
    sizes: tuple[int, ...],
    partitions: int,
    runs: int,
    names: tuple[str, ...],
    folder: Path | None,
) -> None:
    """What every budgeted document costs as messages grow in number.

    On databases of its own, plain and partitioned, for people like others and for one who has very
    many messages. Statements and blocks are counted and the same everywhere, but for the height of
    an index, or it exits with 1; times are told.
    """
    click.echo("messages    parts  whose  documents  statements  blocks  processor ms  p95 over")
    found: list[str] = []
    for parts in (1, partitions):
        reference: Measured | None = None
        for size in sorted(sizes):
            measured = _measured(size, parts, runs, names, folder)
            reference = reference if size < ENOUGH_MESSAGES or reference else measured
            _print(measured, reference)
            if reference is not None:
                found += growths(reference, measured)
    for one in found:
        click.echo(f"WRONG: {one}")
    if found:
        raise click.ClickException(f"{len(found)} documents cost more than an index has grown")


def _measured(
    size: int, parts: int, runs: int, names: Sequence[str], folder: Path | None
) -> Measured:
    with _database(size, parts, folder) as (url, files):
        found: Costs = asyncio.run(costs(url, files, runs=runs, names=names))
    for name, reason in found.left_out.items():
        click.echo(f"{name} is left out: {reason}")
    return Measured(size, parts, found.of)


@contextmanager
def _database(size: int, parts: int, kept: Path | None) -> Iterator[tuple[str, Path]]:
    """A full database, and a folder for the files of a server."""
    with TemporaryDirectory(prefix="guidance-growth-") as temporary:
        folder = Path(temporary) if kept is None else kept / f"{size}-{parts}"
        folder.mkdir(parents=True, exist_ok=True)
        with embedded_postgres(folder, is_durable=False) as url:
            if not (folder / _READY).exists():
                migrate(url)
                asyncio.run(fill_growth(url, size))
                (folder / _READY).touch()
            if parts > 1:
                partition(url, parts, pace=1.0)
            asyncio.run(_execute(url, PRELOAD))
        # What is preloaded is so from the next start on.
        with embedded_postgres(folder, is_durable=False) as url, _copied(url) as copy:
            yield copy, Path(temporary)


@contextmanager
def _copied(url: str) -> Iterator[str]:
    """A copy of the database: what documents write in it is gone when it is used again."""
    parts = urlsplit(url)
    whole, server = parts.path.removeprefix("/"), urlunsplit(parts._replace(path="/template1"))
    asyncio.run(_execute(server, f"DROP DATABASE IF EXISTS {_COPY} WITH (FORCE)"))
    asyncio.run(_execute(server, f'CREATE DATABASE {_COPY} TEMPLATE "{whole}" STRATEGY file_copy'))
    try:
        yield urlunsplit(parts._replace(path=f"/{_COPY}"))
    finally:
        asyncio.run(_execute(server, f"DROP DATABASE {_COPY} WITH (FORCE)"))


async def _execute(url: str, command: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(command)
    finally:
        await connection.close()


def _print(measured: Measured, reference: Measured | None) -> None:
    for who in WHO:
        of = [cost for (_, asking), cost in measured.of.items() if asking == who]
        over = None if reference is None else slowdown(reference, measured, who)
        click.echo(
            f"{measured.messages:<12,}{measured.parts:>5}{who:>7}{len(of):>11}"
            f"{sum(one.statements for one in of):>12}{sum(one.blocks for one in of):>8}"
            f"{sum(one.processor_milliseconds for one in of):>14.0f}  {_ratio(over)}"
        )


def _ratio(over: Percentile | None) -> str:
    if over is None:
        return "-"
    bounds = [f"{one:.2f}" if one is not None else "?" for one in (over.low, over.high)]
    return f"{over.value:.2f} ({bounds[0]} to {bounds[1]})"
