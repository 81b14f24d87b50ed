"""`guidance perf ab`: two versions on this machine, measured in turns."""

import re
from collections.abc import Callable
from pathlib import Path

import click

from app.cli.failures import failing_with
from perf.ab.rounds import AnswerUnusable, Plan, measure
from perf.ab.servers import Side, side_by_side
from perf.ab.verdicts import effects
from perf.ab.versions import VersionUnusable, version_of
from perf.ab.written import is_slower, lines, write
from perf.benchmarks.servers import ServerNotStarted
from perf.llm_standin.child import StandInNotStarted
from perf.load.callers import CallersMissing
from perf.load.flows import FLOWS

_SETTING = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


@click.command()
@click.option("--a", required=True, metavar="REV|PATH", help="The version before.")
@click.option("--b", required=True, metavar="REV|PATH", help="The version to be judged.")
@click.option("--set-a", multiple=True, metavar="NAME=VALUE", help="A setting of a alone.")
@click.option("--set-b", multiple=True, metavar="NAME=VALUE", help="A setting of b alone.")
@click.option("--rounds", type=click.IntRange(6), default=30, show_default=True)
@click.option(
    "--requests",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="Requests for each operation in a block; a round has two blocks of each version.",
)
@click.option(
    "--minimum",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    help="The least change worth a word: 0.05 is 5%.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("artifacts/ab"),
    show_default=True,
)
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
    try:
        with (
            failing_with("the versions cannot be measured"),
            version_of(a) as first,
            version_of(b) as second,
            side_by_side(Side(first, settings[0]), Side(second, settings[1])) as (left, right),
        ):
            measured = measure(left, right, plan, tell=_tell(rounds))
    except (
        AnswerUnusable,
        CallersMissing,
        ServerNotStarted,
        StandInNotStarted,
        VersionUnusable,
    ) as error:
        raise click.ClickException(
            str(error) or "the stand-in for the model does not start"
        ) from None
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
