"""`guidance perf gate`: check our own documents against their budgets, without a clock."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from gql.documents.trusted_documents import (
    FOLDER,
    BudgetsInvalid,
    TrustedDocument,
    readable_documents,
)
from perf.counting.agreement.check import check_calls
from perf.counting.command import beside_option, findings_of_calls
from perf.counting.counter import NOT_COUNTED, is_counted_here
from perf.counting.memory.measurement import memory_leaks
from perf.counting.transports.comparison import transport_findings
from perf.gate.budget_log import LogInvalid, missing
from perf.gate.document_check import DocumentResult
from perf.gate.environment import GateUnavailable, gate_environment
from perf.gate.execution.server_log import captured_errors
from perf.gate.fields.check import FieldsResult
from perf.gate.fields.documents.schema import fields
from perf.gate.findings import GateFinding
from perf.gate.gate import PAIRS, SINGLE_VALUES, check_documents, check_types

_LINE = "{:<28}{:>9}{:>12}{:>9}{:>7}{:>18}{:>7}"


@click.command()
@click.option(
    "--document", "names", multiple=True, help="Only this one, by its operation; may be repeated."
)
@click.option(
    "--type", "types", multiple=True, help="Only the fields of this type; may be repeated."
)
@click.option("--url", help="A database that an earlier gate has filled, instead of a new one.")
@click.option("--quick", is_flag=True, help="Try each choice once, and not each two together.")
@beside_option
@click.option(
    "--memory/--no-memory",
    default=None,
    help="Ask thousands of times, and see what is kept; otherwise where no document is named.",
)
def gate(
    names: tuple[str, ...],
    types: tuple[str, ...],
    url: str | None,
    beside: str | None,
    *,
    quick: bool,
    memory: bool | None,
) -> None:
    """Hold our own documents to their budgets, by counting.

    They run on generated data, each in the ways in which it can be asked, for n rows and for 2n;
    statements are counted by fingerprint, and each of them is planned. Needs no quiet machine: a
    database of its own is started, filled and thrown away.

    Exits with 0 where all is as agreed, with 1 where something is not or cannot be judged, with 2
    for a wrong command line, and with 3 where the gate itself cannot run.
    """
    documents, problems = _readable_documents()
    _check("document", names, documents)
    _check("type", types, fields())
    findings = [*problems, *_unlogged(documents)]
    whole: dict[str, TrustedDocument] = {}
    click.echo(
        _LINE.format(
            "document", "variants", "statements", "lookups", "rows", "response bytes", "cost"
        )
    )

    def report(one: DocumentResult | GateFinding | FieldsResult) -> None:
        found = (one,) if isinstance(one, GateFinding) else one.findings
        if isinstance(one, DocumentResult):
            whole[one.document.name] = one.document
        click.echo(_line(one))
        findings.extend(str(finding) for finding in found)

    strength = SINGLE_VALUES if quick else PAIRS
    is_whole = not names and not types
    with captured_errors() as errors, gate_environment(url) as (filled, folder):
        if names or is_whole:
            asyncio.run(
                check_documents(filled, folder, names=names, strength=strength, report=report)
            )
        if types or is_whole:
            report(asyncio.run(check_types(filled, folder, types)))
        if whole:
            findings += _of_calls(filled, folder, whole, beside)
            findings += map(str, transport_findings(filled, folder, whole))
        if memory if memory is not None else is_whole:
            are_judged = names or is_whole
            findings += _of_memory(filled, folder, whole if are_judged else documents)
    for logged in errors:
        click.echo(f"The server logged: {logged}", err=True)
    for finding in findings:
        click.echo(finding)
    if findings:
        raise click.ClickException(f"{len(findings)} not as agreed")
    click.echo("All of it is as agreed.")


def _readable_documents() -> tuple[Mapping[str, TrustedDocument], list[str]]:
    try:
        return readable_documents(FOLDER)
    except BudgetsInvalid as error:
        raise GateUnavailable(str(error)) from None


def _check(what: str, named: Collection[str], known: Collection[str]) -> None:
    """Fail if an unknown name was given."""
    unknown = sorted(set(named) - set(known))
    if unknown:
        raise click.ClickException(f"there is no {what} {', '.join(unknown)}")


def _unlogged(documents: Mapping[str, TrustedDocument]) -> list[str]:
    budgets = {name: one.budget for name, one in documents.items()}
    today = datetime.now(UTC).date()
    try:
        lines = missing((FOLDER / "CHANGES.md").read_text(), budgets, today)
    except (LogInvalid, OSError) as error:
        return [f"CHANGES.md: {error}"]
    return [f"CHANGES.md lacks this line, with its reason:\n    {line}" for line in lines]


def _of_calls(url: str, folder: Path, names: Collection[str], beside: str | None) -> list[str]:
    """Findings about function calls and fetched bytes."""
    if not is_counted_here():
        click.echo(NOT_COUNTED)
        return []
    held = list(check_calls(url, folder, names))
    return [str(finding) for finding in findings_of_calls(held, beside, url, folder)]


def _of_memory(url: str, folder: Path, documents: Mapping[str, TrustedDocument]) -> list[str]:
    """Findings about memory leaks."""
    measured = memory_leaks(url, folder, documents)
    return [finding for one in measured for finding in one.findings()]


def _line(one: DocumentResult | GateFinding | FieldsResult) -> str:
    if isinstance(one, GateFinding):
        return f"{one.document:<28} not judged"
    if isinstance(one, FieldsResult):
        return f"{one.fields} fields of the schema, in {one.documents} generated documents"
    usage, budget = one.usage, one.document.budget
    return _LINE.format(
        one.document.name,
        f"{one.variants}",
        f"{len(usage.ran)} of {budget.statements}",
        f"{usage.subscription_lookups}",
        f"{usage.rows}",
        f"{usage.response_bytes} of {budget.response_bytes}",
        f"{usage.cost}",
    )
