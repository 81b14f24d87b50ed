"""Two versions started side by side, measured in turns, and judged."""

from collections.abc import Mapping
from pathlib import Path

import click

from perf.ab.rounds import Plan, measure
from perf.ab.servers import Side, side_by_side
from perf.ab.verdicts import effects
from perf.ab.versions import version_of
from perf.ab.written import is_slower, lines, write
from perf.dataset.bench import BenchSizes
from perf.load.profiles import SIZES
from perf.measuring import measuring

MINIMUM = 0.05


def compare_versions(
    names: tuple[str, str],
    plan: Plan,
    out: Path,
    *,
    settings: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
    sizes: BenchSizes = SIZES,
    minimum: float = MINIMUM,
) -> bool:
    """Measure the second version beside the first, write it all, and say whether it is slower.

    Changes of less than the share `minimum` are none. Raises `click.ClickException`.
    """
    click.echo("Preparing two servers with the same data ...", err=True)
    with (
        measuring("the versions"),
        version_of(names[0]) as first,
        version_of(names[1]) as second,
        side_by_side(Side(first, settings[0]), Side(second, settings[1]), sizes=sizes) as (a, b),
    ):
        measured = measure(
            a,
            b,
            plan,
            tell=lambda number: click.echo(f"round {number} of {plan.rounds}", err=True),
        )
    found = effects(measured, minimum=minimum)
    for line in lines(found, rounds=plan.rounds, minimum=minimum):
        click.echo(line)
    write(
        found,
        out,
        names=names,
        rounds=plan.rounds,
        minimum=minimum,
        differences=measured.differences,
    )
    return is_slower(found)
