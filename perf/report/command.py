"""`guidance perf report`: what changed between two load tests."""

from pathlib import Path

import click

from perf import options
from perf.load.result import LoadReport, ReportUnreadable, read_report
from perf.report import words
from perf.report.compare import compare
from perf.report.files import NAME, write_report
from perf.report.history import history_of

DEFAULT_OUT = Path("artifacts/report")
_UNREADABLE = 2


class _Unreadable(click.ClickException):
    """A report that cannot be used; another status than that of a regression."""

    exit_code = _UNREADABLE


@click.command()
@click.option("--baseline", type=options.FILE, required=True, help="The report of the run before.")
@click.option(
    "--current", type=options.FILE, required=True, help="The report of the run to be judged."
)
@options.out(DEFAULT_OUT, "Where the report is written: Markdown, JSON and one HTML page.")
@options.history()
def report(baseline: Path, current: Path, out: Path, history: Path) -> int:
    """Compare two runs of `guidance perf run`, and say what is more than noise, and why.

    Exits with 0 where nothing became worse, 1 where something did, 2 where a file cannot be read,
    and 3 where the runs cannot be compared: another profile, machine, mix or data.
    """
    comparison = compare(_read(baseline), _read(current))
    runs, passed_over = history_of(comparison.current, history)
    write_report(comparison, runs, out)
    for reason in passed_over:
        click.echo(f"not in the trend: {reason}", err=True)
    click.echo(words.headline(comparison))
    for finding in words.findings(comparison):
        click.echo(f"- {finding}")
    click.echo(f"written to {out / NAME}.html, .md and .json")
    return comparison.outcome.value


def _read(path: Path) -> LoadReport:
    try:
        return read_report(path)
    except ReportUnreadable as error:
        raise _Unreadable(str(error)) from None
