"""`guidance perf ab`: two versions on this machine, measured in turns."""

import re
from pathlib import Path

import click

from perf import options
from perf.ab.comparing import MINIMUM, compare_versions
from perf.ab.rounds import Plan
from perf.load.flows import FLOWS

ROUNDS, REQUESTS = 30, 2
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
    settings = _settings(set_a), _settings(set_b)
    plan = Plan(rounds, requests, FLOWS)
    return int(compare_versions((a, b), plan, out, settings=settings, minimum=minimum))


def _settings(given: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in given:
        read = _SETTING.fullmatch(one)
        if read is None:
            raise click.BadParameter(f"{one!r} is not like NAME=VALUE")
        found[read[1]] = read[2]
    return found
