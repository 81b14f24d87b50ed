"""`guidance perf tunings`: the report of 2026-02-20 done again, by measuring."""

from pathlib import Path

import click

from app.cli.failures import failing_with
from app.settings import load_settings
from app.wiring import database_url
from perf.ab.rounds import AnswerUnusable
from perf.ab.versions import VersionUnusable
from perf.benchmarks.servers import ServerNotStarted
from perf.dataset.bench import BenchSizes
from perf.llm_standin.child import StandInNotStarted
from perf.load.callers import CallersMissing
from perf.load.host import commit_of, this_host
from perf.load.own_server import described
from perf.tunings.asking_twice import SourceChanged
from perf.tunings.measuring import Thoroughness, measure_tunings
from perf.tunings.written import written
from services.clock import system_clock


@click.command()
@click.option("--rounds", type=click.IntRange(6), default=60, show_default=True)
@click.option(
    "--requests",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Requests for each operation in a block; a round has two blocks of each side.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("docs/slo-report.md"),
    show_default=True,
)
def tunings(rounds: int, requests: int, out: Path) -> None:
    """Switch each tuning off and on, measure both in turns, and write what it is worth.

    On two copies of the database of `guidance seed --profile bench`, which are dropped again: it
    needs as much room twice, and nobody else connected.
    """
    settings = load_settings()
    if settings.is_production:
        raise click.ClickException("this does not belong in production")
    sizes = BenchSizes()
    try:
        with (
            failing_with("the tunings cannot be measured"),
            database_url(settings) as url,
        ):
            found = measure_tunings(
                url,
                sizes,
                Thoroughness(rounds, requests),
                tell=lambda what: click.echo(f"{what} ...", err=True),
            )
    except (
        AnswerUnusable,
        CallersMissing,
        ServerNotStarted,
        SourceChanged,
        StandInNotStarted,
        VersionUnusable,
    ) as error:
        raise click.ClickException(
            str(error) or "the stand-in for the model does not start"
        ) from None
    page = written(
        found,
        commit=commit_of(),
        host=this_host(),
        data=described(sizes),
        at=system_clock(),
    )
    out.write_text(page)
    click.echo(page)
