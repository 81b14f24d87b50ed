"""Writing down what was counted as what is agreed from now on."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from gql.operations.budgets import FOLDER, TABLE, read_documents
from perf.counting.agreed_calls import FILE, Pair, read_agreed, write_agreed
from perf.counting.counted import Size
from perf.counting.judging import numbers
from perf.gate.changes import missing

_LOG = FOLDER / "CHANGES.md"
_THOUSANDS = 10_000
"""From here on numbers are written in groups."""


def agree(counted: Mapping[str, tuple[Size, Size]], why: str, today: date) -> Sequence[str]:
    """Change budgets, their log, and the calls of functions; gives the new lines of the log."""
    text = TABLE.read_text()
    for name, sizes in counted.items():
        text = with_numbers(text, name, numbers(sizes))
    TABLE.write_text(text)
    calls = {name: calls_by_size(sizes) for name, sizes in counted.items()}
    write_agreed({**read_agreed(), **calls}, FILE)
    budgets = {name: one.budget for name, one in read_documents(FOLDER).items()}
    log = _LOG.read_text()
    lines = [line.replace("| … |", f"| {why} |") for line in missing(log, budgets, today)]
    _LOG.write_text("".join([log, *(f"{line}\n" for line in lines)]))
    return lines


def with_numbers(text: str, name: str, found: Mapping[str, float]) -> str:
    """The text of the table with these numbers in the budget of `name`."""
    begin = text.index(f"[{name}]\n")
    end = text.find("\n[", begin)
    end = len(text) if end < 0 else end
    table = text[begin:end].rstrip("\n")
    for key, value in found.items():
        line = f"{key} = {_written(value)}"
        table, times = re.subn(rf"^{key} = .*$", line, table, flags=re.MULTILINE)
        if not times:
            table += f"\n{line}"
    return text[:begin] + table + "\n" + text[end:]


def _written(value: float) -> str:
    return f"{value:_}" if value >= _THOUSANDS else f"{value:g}"


def calls_by_size(sizes: tuple[Size, Size]) -> dict[str, Pair]:
    """How often each function is called, for n rows and for 2n."""
    few, twice = ({**size.calls.python, **size.calls.c} for size in sizes)
    return {name: Pair(few.get(name, 0), twice.get(name, 0)) for name in few.keys() | twice.keys()}
