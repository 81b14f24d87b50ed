"""Two versions started side by side, measured in turns, and judged."""

from collections.abc import Mapping
from pathlib import Path

import click

from perf.ab.precision import Foresight
from perf.ab.rounds import Plan, measure
from perf.ab.servers import Side, side_by_side
from perf.ab.sides import by_documents
from perf.ab.verdicts import Change, judge
from perf.ab.versions import version_of
from perf.ab.written import Comparison, foresight_lines, lines, write
from perf.measuring import measuring

_TELL_EVERY = 25


def compare_versions(
    names: tuple[str, str],
    plan: Plan,
    out: Path,
    *,
    settings: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> Change:
    """Measure the second version beside the first, write it all, and say what became of it.

    Raises `click.ClickException`.
    """
    click.echo("Preparing two servers with the same data ...", err=True)
    with (
        measuring("the versions"),
        version_of(names[0]) as first,
        version_of(names[1]) as second,
        side_by_side(Side(first, settings[0]), Side(second, settings[1])) as (a, b),
    ):
        measured = measure(by_documents(a), by_documents(b), plan, listener=_Terminal())
    minimum = plan.bounds.minimum
    judged = judge(measured, minimum=minimum)
    found = Comparison(names, minimum, measured.turns, judged, measured.left_out)
    for line in lines(found):
        click.echo(line)
    write(found, out)
    return found.outcome


class _Terminal:
    """Says on standard error how it goes."""

    def begun(self, foresight: Foresight, seconds: float) -> None:
        """Say what can be seen, and how long it may take."""
        click.echo(f"The first rounds took {seconds:.0f} s.")
        for line in foresight_lines(foresight):
            click.echo(line)

    def measured(self, rounds: int) -> None:
        """Say so now and then."""
        if rounds % _TELL_EVERY == 0:
            click.echo(f"{rounds} rounds", err=True)
