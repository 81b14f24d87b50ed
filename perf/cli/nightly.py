"""`guidance perf nightly`: the measurements of the nightly schedule."""

import subprocess
from pathlib import Path

import click

from gql.documents.trusted_documents import trusted_documents
from perf.cli import options
from perf.cli.exit_status import ExitStatus, decisive_status
from perf.comparisons.ab.command import MINIMUM, MINUTES
from perf.comparisons.ab.comparison import compare_versions
from perf.comparisons.ab.interleaving import StopRule
from perf.comparisons.ab.report import NAME as AB_NAME
from perf.comparisons.ab.rounds import ComparisonPlan
from perf.comparisons.ab.verdicts import ShiftVerdict
from perf.comparisons.report import words
from perf.comparisons.report.comparison.compare import compare
from perf.comparisons.report.files import NAME, write_report
from perf.comparisons.report.history import (
    history_of,
    keep,
    newest,
    newest_commit,
    newest_of_profile,
)
from perf.load.command import run
from perf.load.results.report import LoadReport
from perf.load.results.report_file import read_report
from perf.load.results.terminal import lines
from perf.servers.host import ROOT

LOAD_NAME = "load-test"


@click.command()
@options.profile("smoke")
@click.option(
    "--base",
    metavar="REV|PATH",
    help="The version to compare with; by default that of the newest report in the history, or "
    "the commit before this one.",
)
@options.minutes(MINUTES)
@options.minimum(MINIMUM)
@options.history()
@options.out(Path("artifacts/nightly"), "Where the reports are written.")
@click.pass_context
def nightly(
    context: click.Context,
    profile_name: str,
    base: str | None,
    minutes: float,
    minimum: float,
    history: Path,
    out: Path,
) -> int:
    """Compare with the last version, and test under load.

    Keeps the report. Exits with 1 when something became slower, a target is missed, the report
    finds a regression, or the version before cannot be measured any more; otherwise as `guidance
    perf report` does. A different machine or different data are reported and do not fail.
    """
    before = base or base_revision(history)
    click.echo(f"Beside {before}:")
    plan = ComparisonPlan(tuple(trusted_documents()), StopRule(minimum, 60 * minutes))
    beside = compare_with(before, plan, out)
    file = out / f"{LOAD_NAME}-report.json"
    status = context.invoke(run, profile_name=profile_name, out=file)
    current = read_report(file)
    _write(out / f"{LOAD_NAME}.md", "The load test", "\n".join(lines(current)))
    compared = compare_with_history(current, history, out)
    return decisive_status([beside, ExitStatus(status), compared]).value


def compare_with(before: str, plan: ComparisonPlan, out: Path) -> ExitStatus:
    """Compare this version with another; a regression if they cannot be compared.

    The other version may lack an operation. The rest of the night runs anyway, so that the next
    night can compare with this version. A difference that is too uncertain does not fail.
    """
    try:
        change = compare_versions((before, str(ROOT)), plan, out)
    except click.ClickException as error:
        reason = f"Not measured beside {before}: {error.format_message()}"
        click.echo(reason, err=True)
        _write(out / f"{AB_NAME}.md", f"This version beside {before}", reason)
        return ExitStatus.REGRESSION
    return ExitStatus.REGRESSION if change is ShiftVerdict.SLOWER else ExitStatus.NO_REGRESSION


def base_revision(history: Path) -> str:
    """The revision to compare with: the commit of the newest report, if git knows it."""
    commit = newest_commit(history)
    return commit if commit is not None and _is_known(commit) else "HEAD~1"


def compare_with_history(current: LoadReport, history: Path, out: Path) -> ExitStatus:
    """Compare a run with the previous comparable one, store it, and return the exit status.

    Without a comparable run, the newest one of the profile is used, and the reason is printed.
    """
    before = newest(history, current) or newest_of_profile(history, current)
    kept = keep(current, history)
    if before is None:
        click.echo(f"nothing to compare with yet; kept as {kept}")
        return ExitStatus.NO_REGRESSION
    comparison = compare(before, current)
    runs, passed_over = history_of(current, history)
    write_report(comparison, runs, out)
    for reason in passed_over:
        click.echo(f"not in the trend: {reason}", err=True)
    click.echo(words.headline(comparison))
    for finding in words.findings(comparison):
        click.echo(f"- {finding}")
    click.echo(f"written to {out / NAME}.html, .md and .json")
    return comparison.outcome_apart_from(ExitStatus.NOT_COMPARABLE)


def _write(path: Path, heading: str, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# {heading}\n\n```\n{text}\n```\n")


def _is_known(revision: str) -> bool:
    found = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"],
        check=False,
        capture_output=True,
    )
    return found.returncode == 0
