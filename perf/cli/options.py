"""Options shared by several commands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from perf.comparisons.ab.interleaving import PILOT_ROUNDS
from perf.load.workload.profiles import PROFILES

# Any: commands take and return what they like.
_Command = TypeVar("_Command", bound=Callable[..., Any] | click.Command)

FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
HISTORY = Path("artifacts/history")


class Option(Protocol):
    """A decorator that adds an option to a command."""

    def __call__(self, command: _Command, /) -> _Command:
        """Add the option."""


def number(name: str, default: int, help_text: str, *, least: int = 1) -> Option:
    """An option for a number of things."""
    return click.option(
        name, type=click.IntRange(least), default=default, show_default=True, help=help_text
    )


def requests(
    default: int, help_text: str = "Requests for each operation, server and round."
) -> Option:
    """The number of requests that a benchmark sends in a round."""
    return number("--requests", default, help_text, least=100)


def rounds(default: int, who: str = "servers") -> Option:
    """The number of rounds of a benchmark."""
    return number("--rounds", default, f"Rounds, the {who} taking turns; the medians are printed.")


def rounds_of_blocks(default: int) -> Option:
    """The number of rounds of a comparison of two sides."""
    help_text = "Rounds of four blocks, A B B A or B A A B."
    return number("--rounds", default, help_text, least=PILOT_ROUNDS)


def minutes(default: float) -> Option:
    """The longest duration of a comparison of two sides."""
    return click.option(
        "--minutes",
        type=click.FloatRange(0, min_open=True),
        default=default,
        show_default=True,
        help="For how long two versions are compared at most; what is known precisely enough is "
        "known before.",
    )


def minimum(default: float) -> Option:
    """The smallest change that a comparison of two sides must detect."""
    return click.option(
        "--minimum",
        type=click.FloatRange(0, 1, min_open=True),
        default=default,
        show_default=True,
        help="The least change of a median worth a word, 0.1 being a tenth; twice as much of a "
        "p95, four times of a p99.",
    )


def requests_of_a_block(default: int) -> Option:
    """The number of requests for each operation in a block."""
    help_text = "Requests for each operation in a block; a round has two blocks of each side."
    return number("--requests", default, help_text)


def profile(default: str | None = None) -> Option:
    """The load profile; required without a default."""
    return click.option(
        "--profile",
        "profile_name",
        type=click.Choice(list(PROFILES)),
        required=default is None,
        default=default,
        show_default=True,
        help="How hard and how long: smoke takes about a minute, brief a few seconds.",
    )


def out(default: Path, help_text: str, *, kind: click.Path = FOLDER) -> Option:
    """The file or folder that the command writes."""
    return click.option("--out", type=kind, default=default, show_default=True, help=help_text)


def history() -> Option:
    """The folder with the reports of earlier runs."""
    return click.option(
        "--history",
        type=FOLDER,
        default=HISTORY,
        show_default=True,
        help="A folder with the reports of former runs, for the trend.",
    )
