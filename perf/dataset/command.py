"""`guidance db seed`: generated data for an empty database."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

import click

from app.cli.failures.database_failures import reporting_database_failures
from app.composition.database_url import database_url
from app.settings import load_settings
from perf.dataset.bench.tables import BenchSizes, bench_tables
from perf.dataset.demo.tables import demo_tables
from perf.dataset.fill import DatabaseHasUsers, fill
from perf.dataset.rows import TableRows
from services.clock import system_clock

DEMO, BENCH = "demo", "bench"
_TABLES: dict[str, Callable[[datetime], tuple[TableRows, ...]]] = {
    DEMO: demo_tables,
    BENCH: partial(bench_tables, BenchSizes()),
}


@click.command()
@click.option(
    "--profile",
    type=click.Choice([DEMO, BENCH]),
    required=True,
    help="A handful of people to look at, or ten thousand to measure with.",
)
def seed(profile: str) -> None:
    """Fill an empty database with generated data.

    Refuses in production.
    """
    settings = load_settings()
    if settings.is_production:
        raise click.ClickException("generated data does not belong in production")
    with database_url(settings) as url:
        try:
            fill_with_profile(url, profile)
        except DatabaseHasUsers:
            raise click.ClickException(
                "the database is not empty: it has users, so nothing was changed"
            ) from None


def fill_with_profile(url: str, profile: str) -> None:
    """Fill the database as of now, with a progress bar; raises `DatabaseHasUsers`."""
    tables = _TABLES[profile](system_clock())
    total = sum(table.count for table in tables)
    bar = click.progressbar(length=total, label="Filling the database")
    with reporting_database_failures("the database cannot be filled"):
        asyncio.run(fill(url, tables, progress=bar, is_searched=profile == DEMO))
