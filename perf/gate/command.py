"""`guidance perf gate`: whether our own documents keep their budgets, without a clock."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from app.cli.failures import failing_with
from db.embedded import embedded_postgres
from db.migration import migrate
from gql.operations.budgets import (
    FOLDER,
    BudgetsInvalid,
    TrustedDocument,
    readable_documents,
)
from perf.gate.changes import LogInvalid, missing
from perf.gate.data import fill
from perf.gate.findings import Finding
from perf.gate.gate import EACH_ONCE, EACH_TWO, judge_all
from perf.gate.judging import Judged
from perf.gate.quiet import quiet_log

_LINE = "{:<28}{:>9}{:>12}{:>9}{:>7}{:>18}{:>7}"
CANNOT_RUN = 3


class CannotRun(click.ClickException):
    """The gate itself fails: nothing is said of any document."""

    exit_code = CANNOT_RUN


@click.command()
@click.option(
    "--document", "names", multiple=True, help="Only this one, by its operation; may be repeated."
)
@click.option("--url", help="A database that an earlier gate has filled, instead of a new one.")
@click.option("--quick", is_flag=True, help="Try each choice once, and not each two together.")
def gate(names: tuple[str, ...], url: str | None, *, quick: bool) -> None:
    """Run our own documents on generated data and hold them to their budgets.

    Each is run in the ways in which it can be asked, for n rows and for 2n; statements are counted
    by fingerprint, and each of them is planned. Needs no quiet machine: a database of its own is
    started, filled and thrown away.

    Exits with 0 where all is as agreed, with 1 where something is not or cannot be judged, with 2
    for a wrong command line, and with 3 where the gate itself cannot run.
    """
    try:
        documents, problems = readable_documents(FOLDER)
    except BudgetsInvalid as error:
        raise CannotRun(str(error)) from None
    unknown = set(names) - documents.keys()
    if unknown:
        raise click.ClickException(f"there is no document {', '.join(sorted(unknown))}")
    findings = [*problems, *_unlogged(documents)]
    click.echo(
        _LINE.format(
            "document", "variants", "statements", "lookups", "rows", "response bytes", "cost"
        )
    )

    def judged(one: Judged | Finding) -> None:
        found = (one,) if isinstance(one, Finding) else one.findings
        click.echo(f"{one.document:<28} not judged" if isinstance(one, Finding) else _line(one))
        findings.extend(str(finding) for finding in found)

    strength = EACH_ONCE if quick else EACH_TWO
    with quiet_log() as errors, _place(url) as (filled, folder):
        asyncio.run(judge_all(filled, folder, names=names, strength=strength, judged=judged))
    for logged in errors:
        click.echo(f"The server logged: {logged}", err=True)
    for finding in findings:
        click.echo(finding)
    if findings:
        raise click.ClickException(f"{len(findings)} not as agreed")
    click.echo("All of it is as agreed.")


def _unlogged(documents: Mapping[str, TrustedDocument]) -> list[str]:
    budgets = {name: one.budget for name, one in documents.items()}
    today = datetime.now(UTC).date()
    try:
        lines = missing((FOLDER / "CHANGES.md").read_text(), budgets, today)
    except (LogInvalid, OSError) as error:
        return [f"CHANGES.md: {error}"]
    return [f"CHANGES.md lacks this line, with its reason:\n    {line}" for line in lines]


@contextmanager
def _place(url: str | None) -> Iterator[tuple[str, Path]]:
    """A filled database, and a folder for what a server keeps."""
    with TemporaryDirectory(prefix="guidance-gate-") as name, _running():
        folder = Path(name)
        if url is not None:
            yield url, folder
            return
        # PostgreSQL may run as another user than this, who has to reach its folder.
        folder.chmod(0o755)
        with embedded_postgres(folder, is_durable=False) as own:
            migrate(own)
            asyncio.run(fill(own))
            yield own, folder


@contextmanager
def _running() -> Iterator[None]:
    try:
        with failing_with("the gate cannot run"):
            yield
    except click.ClickException as error:
        raise CannotRun(error.format_message()) from error


def _line(one: Judged) -> str:
    taken, budget = one.taken, one.document.budget
    return _LINE.format(
        one.document.name,
        f"{one.variants}",
        f"{len(taken.ran)} of {budget.statements}",
        f"{taken.subscription_lookups}",
        f"{taken.rows}",
        f"{taken.response_bytes} of {budget.response_bytes}",
        f"{taken.cost}",
    )
