"""Options of several commands, in the same words wherever they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from perf.ab.turns import PILOT_ROUNDS
from perf.load.profiles import PROFILES

# Any: what a command takes and gives is its own business.
_Command = TypeVar("_Command", bound=Callable[..., Any] | click.Command)

FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
HISTORY = Path("artifacts/history")


class Option(Protocol):
    """What adds an option to a command."""

    def __call__(self, command: _Command, /) -> _Command:
        """Give the command with it."""


def number(name: str, default: int, told: str, *, least: int = 1) -> Option:
    """How many, or how often."""
    return click.option(
        name, type=click.IntRange(least), default=default, show_default=True, help=told
    )


def requests(default: int, told: str = "Requests for each operation, server and round.") -> Option:
    """How many requests a benchmark sends in a round."""
    return number("--requests", default, told, least=100)


def rounds(default: int, who: str = "servers") -> Option:
    """How many rounds a benchmark has."""
    return number("--rounds", default, f"Rounds, the {who} taking turns; the medians are printed.")


def rounds_of_blocks(default: int) -> Option:
    """How many rounds a comparison of two sides has."""
    told = "Rounds of four blocks, A B B A or B A A B."
    return number("--rounds", default, told, least=PILOT_ROUNDS)


def minutes(default: float) -> Option:
    """How long a comparison of two sides may take."""
    return click.option(
        "--minutes",
        type=click.FloatRange(0, min_open=True),
        default=default,
        show_default=True,
        help="For how long two versions are compared at most; what is known precisely enough is "
        "known before.",
    )


def minimum(default: float) -> Option:
    """The least change that a comparison of two sides has to see."""
    return click.option(
        "--minimum",
        type=click.FloatRange(0, 1, min_open=True),
        default=default,
        show_default=True,
        help="The least change of a median worth a word, 0.1 being a tenth; twice as much of a "
        "p95, four times of a p99.",
    )


def requests_of_a_block(default: int) -> Option:
    """How many requests of each operation a block has."""
    told = "Requests for each operation in a block; a round has two blocks of each side."
    return number("--requests", default, told)


def profile(default: str | None = None) -> Option:
    """How hard a load test asks; has to be said where there is no default."""
    return click.option(
        "--profile",
        "profile_name",
        type=click.Choice(list(PROFILES)),
        required=default is None,
        default=default,
        show_default=True,
        help="How hard and how long: smoke takes about a minute, brief a few seconds.",
    )


def out(default: Path, told: str, *, kind: click.Path = FOLDER) -> Option:
    """Where the command writes."""
    return click.option("--out", type=kind, default=default, show_default=True, help=told)


def history() -> Option:
    """Where the reports of former runs are."""
    return click.option(
        "--history",
        type=FOLDER,
        default=HISTORY,
        show_default=True,
        help="A folder with the reports of former runs, for the trend.",
    )
