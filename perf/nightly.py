"""`guidance perf nightly`: what the schedule runs, and anybody can run at home."""

import subprocess
from pathlib import Path

import click

from perf.ab.command import ab
from perf.load.command import run
from perf.load.host import ROOT
from perf.load.profiles import PROFILES
from perf.load.result import LoadReport, read_report
from perf.report import words
from perf.report.command import DEFAULT_HISTORY
from perf.report.compare import Outcome, compare
from perf.report.files import NAME, write_report
from perf.report.history import history_of, keep, newest, newest_commit

_ROUNDS, _REQUESTS, _MINIMUM = 30, 2, 0.05
_folder = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option(
    "--profile",
    "profile_name",
    type=click.Choice(list(PROFILES)),
    default="smoke",
    show_default=True,
)
@click.option(
    "--base",
    metavar="REV|PATH",
    help="The version to compare with; by default that of the newest report in the history, or "
    "the commit before this one.",
)
@click.option("--history", type=_folder, default=DEFAULT_HISTORY, show_default=True)
@click.option("--out", type=_folder, default=Path("artifacts/nightly"), show_default=True)
@click.pass_context
def nightly(
    context: click.Context, profile_name: str, base: str | None, history: Path, out: Path
) -> int:
    """Measure this version beside the last one, run a load test, and keep its report.

    Exits with 1 when something became slower, a target is missed, or the report says that
    something became worse.
    """
    before = base or base_revision(history)
    click.echo(f"Beside {before}:")
    is_slower = context.invoke(
        ab,
        a=before,
        b=str(ROOT),
        set_a=(),
        set_b=(),
        rounds=_ROUNDS,
        requests=_REQUESTS,
        minimum=_MINIMUM,
        out=out,
    )
    file = out / "load-test-report.json"
    is_missed = context.invoke(
        run, profile_name=profile_name, url=None, api_key=None, out=file, seed=1
    )
    is_worse = compared_with_history(read_report(file), history, out)
    return int(bool(is_slower or is_missed or is_worse))


def base_revision(history: Path) -> str:
    """What to compare with: the commit of the newest report where git knows it."""
    commit = newest_commit(history)
    return commit if commit is not None and _is_known(commit) else "HEAD~1"


def compared_with_history(current: LoadReport, history: Path, out: Path) -> bool:
    """Compare a run with the one before it, keep it, and say whether something became worse."""
    before = newest(history, current)
    kept = keep(current, history)
    if before is None:
        click.echo(f"nothing to compare with yet; kept as {kept}")
        return False
    comparison = compare(before, current)
    write_report(comparison, history_of(current, history)[0], out)
    click.echo(words.headline(comparison))
    for finding in words.findings(comparison):
        click.echo(f"- {finding}")
    click.echo(f"written to {out / NAME}.html, .md and .json")
    return comparison.outcome is Outcome.REGRESSION


def _is_known(revision: str) -> bool:
    found = subprocess.run(
        ["git", "-C", ROOT, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"],
        check=False,
        capture_output=True,
    )
    return found.returncode == 0
