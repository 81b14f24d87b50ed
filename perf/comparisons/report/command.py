"""`guidance perf report`: compare two load tests."""

from pathlib import Path

import click

from perf.cli import options
from perf.cli.exit_status import ExitStatus
from perf.comparisons.report import words
from perf.comparisons.report.comparison.compare import compare
from perf.comparisons.report.files import NAME, write_report
from perf.comparisons.report.history import history_of
from perf.load.results.report import LoadReport
from perf.load.results.report_file import ReportUnreadable, read_report

DEFAULT_OUT = Path("artifacts/report")


class _Unreadable(click.ClickException):
    """A report cannot be used; its exit code differs from that of a regression."""

    exit_code = ExitStatus.UNREADABLE.value


@click.command()
@click.option("--baseline", type=options.FILE, required=True, help="The report of the run before.")
@click.option(
    "--current", type=options.FILE, required=True, help="The report of the run to be judged."
)
@options.out(DEFAULT_OUT, "Where the report is written: Markdown, JSON and one HTML page.")
@options.history()
def report(baseline: Path, current: Path, out: Path, history: Path) -> int:
    """Compare two load tests: what changed, and why.

    Says what is more than noise between two reports of `guidance perf run`.

    Exits with 0 where nothing became worse and everything was measured. Otherwise with the first
    of these that holds, all of which are named:

    \b
     2  a file cannot be read, or has figures that no run can have
    10  a run ended early, or its server answered nobody until the end
     4  an operation is gone from the mix or from the documents
     3  not comparable: another profile, machine, mix, load or data
     1  worse: slower by more than noise, or a target is missed now
     5  an operation has no samples, too few, or no answer among them
     6  more is refused on purpose, or everything is
     7  errors that the baseline has not, be it one
     8  the server calls more, whatever time it takes
     9  a percentile of the baseline is zero
    11  what the server counted is not known
    70  this command has a fault of its own
    """  # noqa: D301 - click leaves the lines below this character as they are
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
