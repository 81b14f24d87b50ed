"""`guidance perf ab`: compare two versions on this machine, measured alternately."""

import re
from collections.abc import Sequence
from pathlib import Path

import click

from gql.documents.trusted_documents import trusted_documents
from perf.cli import options
from perf.cli.exit_status import ExitStatus
from perf.comparisons.ab.comparison import compare_versions
from perf.comparisons.ab.interleaving import StopRule
from perf.comparisons.ab.rounds import ComparisonPlan
from perf.comparisons.ab.verdicts import ShiftVerdict

MINUTES, MINIMUM = 10.0, 0.1
STATES = {
    ShiftVerdict.SAME: ExitStatus.NO_REGRESSION,
    ShiftVerdict.FASTER: ExitStatus.NO_REGRESSION,
    ShiftVerdict.SLOWER: ExitStatus.REGRESSION,
    ShiftVerdict.UNKNOWN: ExitStatus.CANNOT_BE_TOLD,
}
_SETTING = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


@click.command()
@click.option("--a", required=True, metavar="REV|PATH", help="The version before.")
@click.option("--b", required=True, metavar="REV|PATH", help="The version to be judged.")
@click.option("--set-a", multiple=True, metavar="NAME=VALUE", help="A setting of a alone.")
@click.option("--set-b", multiple=True, metavar="NAME=VALUE", help="A setting of b alone.")
@click.option(
    "--operation", "names", multiple=True, help="Only this one, by its name; may be repeated."
)
@options.minutes(MINUTES)
@options.requests_of_a_block(1)
@options.minimum(MINIMUM)
@options.out(Path("artifacts/ab"), "Where the report is written: Markdown and JSON.")
def ab(
    a: str,
    b: str,
    set_a: tuple[str, ...],
    set_b: tuple[str, ...],
    names: tuple[str, ...],
    minutes: float,
    requests: int,
    minimum: float,
    out: Path,
) -> int:
    """Compare two versions, measured in turns on this machine.

    Both run side by side and are asked A B B A, again and again. Compares quantiles, and goes on
    until every median and p95 is known as precisely as --minimum asks, or the time is up. With the
    same version twice nothing may be called slower.

    Exits with:

    \b
     0  nothing became slower
     1  something did
     5  it could not be measured
    12  it cannot be told in this time
    70  this command has a fault of its own
    """  # noqa: D301 - click leaves the lines below this character as they are
    settings = _settings(set_a), _settings(set_b)
    plan = ComparisonPlan(_chosen(names), StopRule(minimum, 60 * minutes), requests)
    return STATES[compare_versions((a, b), plan, out, settings=settings)].value


def _chosen(names: Sequence[str]) -> tuple[str, ...]:
    documents = trusted_documents()
    unknown = sorted(set(names) - documents.keys())
    if unknown:
        raise click.BadParameter(f"there is no document {', '.join(unknown)}")
    return tuple(name for name in documents if not names or name in names)


def _settings(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in given:
        read = _SETTING.fullmatch(one)
        if read is None:
            raise click.BadParameter(f"{one!r} is not like NAME=VALUE")
        found[read[1]] = read[2]
    return found
