"""How often each function was called when calls were last agreed: what is more now has a name.

Nothing is judged by it, so that it may be older than the budgets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

FILE = Path(__file__).with_name("agreed_calls.tsv")
_NEVER, _TWO = ".", "/"


@dataclass(frozen=True, slots=True)
class Pair:
    """The calls of a function for n rows and for 2n."""

    few: int
    twice: int


Agreed: TypeAlias = Mapping[str, Mapping[str, Pair]]
"""By the document and the name of the function."""
_NO_CALLS = Pair(0, 0)


def read_agreed(path: Path = FILE) -> Agreed:
    """What the file says; nothing where there is none."""
    if not path.exists():
        return {}
    head, *lines = path.read_text().splitlines()
    names = head.split("\t")[1:]
    agreed: dict[str, dict[str, Pair]] = {name: {} for name in names}
    for line in lines:
        function, *cells = line.split("\t")
        for name, cell in zip(names, cells, strict=True):
            if cell != _NEVER:
                few, _, twice = cell.partition(_TWO)
                agreed[name][function] = Pair(int(few), int(twice or few))
    return agreed


def write_agreed(agreed: Agreed, path: Path = FILE) -> None:
    """Write a line for each function, with a column for each document."""
    names = sorted(agreed)
    functions = sorted({function for calls in agreed.values() for function in calls})
    lines = [_line("function", names)]
    lines += [
        _line(one, [_cell(agreed[name].get(one, _NO_CALLS)) for name in names]) for one in functions
    ]
    path.write_text("".join(lines))


def _cell(pair: Pair) -> str:
    if pair == _NO_CALLS:
        return _NEVER
    return str(pair.few) if pair.few == pair.twice else f"{pair.few}{_TWO}{pair.twice}"


def _line(first: str, cells: Sequence[str]) -> str:
    return "\t".join([first, *cells]) + "\n"
