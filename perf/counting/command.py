"""`guidance perf calls`: the function calls of each document, and agreeing on them."""

from datetime import UTC, datetime

import click

from gql.operations.budgets import trusted_documents
from perf.counting.agreeing import agree
from perf.counting.counted import Size
from perf.counting.counting import NOT_COUNTED, is_counted_here
from perf.counting.held import held_to_calls
from perf.counting.judging import numbers
from perf.gate.place import filled_place

_LINE = "{:<28}{:>10}{:>8}{:>10}{:>8}{:>10}"


@click.command()
@click.option(
    "--document", "names", multiple=True, help="Only this one, by its operation; may be repeated."
)
@click.option("--url", help="A database that an earlier gate has filled, instead of a new one.")
@click.option("--agree", "why", help="Agree on what is counted, for this reason.")
def calls(names: tuple[str, ...], url: str | None, why: str | None) -> None:
    """Count the function calls of our own documents, as the gate does, and show where they are.

    With --agree the numbers are written to the budgets and their log, whatever they are.
    """
    if not is_counted_here():
        raise click.ClickException(NOT_COUNTED)
    documents = trusted_documents()
    unknown = set(names) - documents.keys()
    if unknown:
        raise click.ClickException(f"there is no document {', '.join(sorted(unknown))}")
    found, findings = dict[str, tuple[Size, Size]](), list[str]()
    click.echo(_LINE.format("document", "Python", "a row", "C", "a row", "bytes"))
    with filled_place(url) as (filled, folder):
        for one in held_to_calls(filled, folder, names or tuple(documents)):
            findings += map(str, one.findings)
            if one.sizes is not None:
                found[one.document] = one.sizes
                said = (f"{number:g}" for number in numbers(one.sizes).values())
                click.echo(_LINE.format(one.document, *said))
    if why is not None:
        for line in agree(found, why, datetime.now(UTC).date()):
            click.echo(line)
        return
    for finding in findings:
        click.echo(finding)
    if findings:
        raise click.ClickException(f"{len(findings)} not as agreed")
