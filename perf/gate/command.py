"""`guidance perf gate`: whether our own documents keep their budgets, without a clock."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import click

from gql.operations.budgets import FOLDER, BudgetsInvalid, trusted_documents
from perf.counting.counting import NOT_COUNTED, CountingFailed, is_counted_here
from perf.counting.held import held_to_calls
from perf.gate.changes import LogInvalid, missing
from perf.gate.gate import Judged, judge_all
from perf.gate.place import filled_place
from perf.gate.running import FlowFailed

_LINE = "{:<28}{:>12}{:>9}{:>7}{:>16}{:>7}"


@click.command()
@click.option(
    "--document", "names", multiple=True, help="Only this one, by its operation; may be repeated."
)
@click.option("--url", help="A database that an earlier gate has filled, instead of a new one.")
def gate(names: tuple[str, ...], url: str | None) -> None:
    """Run our own documents on generated data and hold them to their budgets.

    Counts statements by fingerprint, for n rows and for 2n, and has every statement planned. Needs
    no quiet machine: a database of its own is started, filled and thrown away.
    """
    try:
        documents = trusted_documents()
        lines = missing(
            (FOLDER / "CHANGES.md").read_text(),
            {name: one.budget for name, one in documents.items()},
            datetime.now(UTC).date(),
        )
    except (BudgetsInvalid, LogInvalid) as error:
        raise click.ClickException(str(error)) from None
    unknown = set(names) - documents.keys()
    if unknown:
        raise click.ClickException(f"there is no document {', '.join(sorted(unknown))}")
    findings = [f"CHANGES.md lacks this line, with its reason:\n    {line}" for line in lines]
    click.echo(_LINE.format("document", "statements", "lookups", "rows", "response bytes", "cost"))

    def judged(one: Judged) -> None:
        click.echo(_in_a_line(one))
        findings.extend(str(finding) for finding in one.findings)

    with filled_place(url) as (filled, folder):
        try:
            asyncio.run(judge_all(filled, folder, names=names, judged=judged))
            findings += _of_calls(filled, folder, names or tuple(documents))
        except (FlowFailed, CountingFailed) as error:
            raise click.ClickException(str(error)) from None
    for finding in findings:
        click.echo(finding)
    if findings:
        raise click.ClickException(f"{len(findings)} not as agreed")
    click.echo("All of it is as agreed.")


def _of_calls(url: str, folder: Path, names: Collection[str]) -> list[str]:
    """The function calls that are more than agreed."""
    if not is_counted_here():
        click.echo(NOT_COUNTED)
        return []
    held = held_to_calls(url, folder, names)
    return [str(finding) for one in held for finding in one.findings]


def _in_a_line(one: Judged) -> str:
    taken, budget = one.taken, one.document.budget
    return _LINE.format(
        one.document.name,
        f"{len(taken.ran)} of {budget.statements}",
        f"{taken.subscription_lookups}",
        f"{taken.rows}",
        f"{taken.response_bytes} of {budget.response_bytes}",
        f"{taken.cost}",
    )
