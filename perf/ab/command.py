"""`guidance perf ab`: two versions on this machine, measured in turns."""

import re
from collections.abc import Callable
from pathlib import Path

import click

from perf import options
from perf.ab.rounds import Plan, measure
from perf.ab.servers import Side, side_by_side
from perf.ab.verdicts import effects
from perf.ab.versions import version_of
from perf.ab.written import is_slower, lines, write
from perf.load.flows import FLOWS
from perf.measuring import measuring

ROUNDS, REQUESTS, MINIMUM = 30, 2, 0.05
_SETTING = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


@click.command()
@click.option("--a", required=True, metavar="REV|PATH", help="The version before.")
@click.option("--b", required=True, metavar="REV|PATH", help="The version to be judged.")
@click.option("--set-a", multiple=True, metavar="NAME=VALUE", help="A setting of a alone.")
@click.option("--set-b", multiple=True, metavar="NAME=VALUE", help="A setting of b alone.")
@options.rounds_of_blocks(ROUNDS)
@options.requests_of_a_block(REQUESTS)
@click.option(
    "--minimum",
    type=click.FloatRange(0, 1),
    default=MINIMUM,
    show_default=True,
    help="The least change worth a word: 0.05 is 5%.",
)
@options.out(Path("artifacts/ab"), "Where the report is written: Markdown and JSON.")
def ab(
    a: str,
    b: str,
    set_a: tuple[str, ...],
    set_b: tuple[str, ...],
    rounds: int,
    requests: int,
    minimum: float,
    out: Path,
) -> int:
    """Start two versions side by side, and measure them in turns: A B B A, again and again.

    With the same version twice nothing may be called slower. Exits with 1 where something is.
    """
    plan = Plan(rounds, requests, FLOWS)
    settings = [_settings(given) for given in (set_a, set_b)]
    click.echo("Preparing two servers with the same data ...", err=True)
    with (
        measuring("the versions"),
        version_of(a) as first,
        version_of(b) as second,
        side_by_side(Side(first, settings[0]), Side(second, settings[1])) as (left, right),
    ):
        measured = measure(left, right, plan, tell=_tell(rounds))
    found = effects(measured, minimum=minimum)
    for line in lines(found, rounds=rounds, minimum=minimum):
        click.echo(line)
    write(
        found,
        out,
        names=(a, b),
        rounds=rounds,
        minimum=minimum,
        differences=measured.differences,
    )
    return int(is_slower(found))


def _settings(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in given:
        read = _SETTING.fullmatch(one)
        if read is None:
            raise click.BadParameter(f"{one!r} is not like NAME=VALUE")
        found[read[1]] = read[2]
    return found


def _tell(rounds: int) -> Callable[[int], None]:
    def tell(number: int) -> None:
        click.echo(f"round {number} of {rounds}", err=True)

    return tell
