"""`guidance perf tunings`: measure the tunings of the report of 2026-02-20 again."""

from pathlib import Path

import click

from app.composition.database_url import database_url
from app.settings import load_settings
from perf.cli import options
from perf.cli.failures import reporting_not_measured
from perf.comparisons.tunings.measurement import MeasurementSize, measure_tunings
from perf.comparisons.tunings.page import tunings_page
from perf.dataset.bench.tables import BenchSizes
from perf.servers.host import commit_of, this_host
from perf.servers.seeded import describe_sizes
from services.clock import system_clock


@click.command()
@options.rounds_of_blocks(60)
@options.requests_of_a_block(3)
@options.out(
    Path("docs/performance/slo-report.md"), "Where the page is written.", kind=options.FILE
)
def tunings(rounds: int, requests: int, out: Path) -> None:
    """Measure what each tuning is worth.

    Each is switched off and on, and both are measured in turns. On two copies of the database of
    `guidance db seed --profile bench`, which are dropped again: it needs as much room twice, and
    nobody else connected.
    """
    settings = load_settings()
    if settings.is_production:
        raise click.ClickException("this does not belong in production")
    sizes = BenchSizes()
    with reporting_not_measured("the tunings"), database_url(settings) as url:
        found = measure_tunings(
            url,
            sizes,
            MeasurementSize(rounds, requests),
            on_progress=lambda what: click.echo(f"{what} ...", err=True),
        )
    page = tunings_page(
        found,
        commit=commit_of(),
        host=this_host(),
        data=describe_sizes(sizes),
        at=system_clock(),
    )
    out.write_text(page)
    click.echo(page)
