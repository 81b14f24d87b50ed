"""`guidance perf calls`: count the function calls of each document, and agree on them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from gql.documents.trusted_documents import trusted_documents
from perf.counting.agreement.budget_update import update_budgets
from perf.counting.agreement.call_findings import numbers
from perf.counting.agreement.check import CheckedCalls, check_calls, name_functions
from perf.counting.agreement.first_budgets import (
    NotMeasured,
    begin_budgets,
    documents_without_budget,
)
from perf.counting.counter import NOT_COUNTED, is_counted_here
from perf.counting.request_cost import RequestCost
from perf.gate.environment import gate_environment
from perf.gate.findings import GateFinding

_LINE = "{:<28}{:>10}{:>8}{:>10}{:>8}{:>10}"


beside_option = click.option(
    "--beside",
    metavar="REV|PATH",
    help="The version beside which functions are named that are called more often; by default "
    "the one that agreed on the numbers.",
)


@click.command()
@click.option(
    "--document", "names", multiple=True, help="Only this one, by its operation; may be repeated."
)
@click.option("--url", help="A database that an earlier gate has filled, instead of a new one.")
@beside_option
@click.option("--agree", "why", help="Agree on what is counted, for this reason.")
def calls(names: tuple[str, ...], url: str | None, beside: str | None, why: str | None) -> None:
    """Count the function calls of our own documents, by place.

    They are counted as the gate counts them. With --agree the numbers are written to the budgets
    and their log, whatever they are; a document that has no budget gets one.
    """
    if not is_counted_here():
        raise click.ClickException(NOT_COUNTED)
    new = documents_without_budget() if why is not None else ()
    documents = {*trusted_documents(), *new}
    unknown = set(names) - documents
    if unknown:
        raise click.ClickException(f"there is no document {', '.join(sorted(unknown))}")
    found, held = dict[str, tuple[RequestCost, RequestCost]](), list[CheckedCalls]()
    click.echo(_LINE.format("document", "Python", "a row", "C", "a row", "bytes"))
    with gate_environment(url) as (filled, folder):
        if new:
            _begin(new, filled, folder)
        for one in check_calls(filled, folder, names or sorted(documents)):
            held.append(one)
            name, costs = one.counted.document, one.counted.costs
            if costs is not None:
                found[name] = costs
                said = (f"{number:g}" for number in numbers(costs).values())
                click.echo(_LINE.format(name, *said))
        if why is not None:
            for line in update_budgets(found, why, datetime.now(UTC).date()):
                click.echo(line)
            return
        findings = findings_of_calls(held, beside, filled, folder)
    for finding in findings:
        click.echo(finding)
    if findings:
        raise click.ClickException(f"{len(findings)} not as agreed")


def _begin(new: Sequence[str], url: str, folder: Path) -> None:
    try:
        begin_budgets(new, url, folder)
    except NotMeasured as failed:
        raise click.ClickException(str(failed)) from None


def findings_of_calls(
    held: Sequence[CheckedCalls], beside: str | None, url: str, folder: Path
) -> Sequence[GateFinding]:
    """The findings with the functions called more often; prints what they are compared with."""
    red = [one for one in held if one.findings]
    if not red:
        return ()
    named = name_functions(red, beside, url, folder)
    click.echo(named.remark)
    return named.findings
