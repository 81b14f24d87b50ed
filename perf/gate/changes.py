"""The change log of budgets, folded from its first line to the present table.

Every number of the table follows from the log, so that one that was changed without its line is
found on any clone, with or without history.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date

from gql.operations.budgets import Budget

ALL = "all"
_LINE = re.compile(r"^\|((?:[^|]*\|){6})\s*$", re.MULTILINE)
_NAMES = tuple(one.name for one in fields(Budget))
Numbers = dict[str, str]
"""The numbers of a budget by their names, as they are written down."""


class LogInvalid(Exception):
    """A line that says nothing, or does not follow from the lines before it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One line."""

    day: date
    operation: str
    number: str
    before: str
    after: str
    why: str

    def __str__(self) -> str:
        """The line as it is to be written."""
        cells = (
            self.day.isoformat(),
            self.operation,
            self.number,
            self.before,
            self.after,
            self.why,
        )
        return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


def missing(log: str, budgets: Mapping[str, Budget], today: date) -> list[str]:
    """The lines that the log lacks to give the present budgets; raises `LogInvalid`."""
    told, present = _folded(log), {name: written(one) for name, one in budgets.items()}
    return [str(change) for change in _differences(told, present, today)]


def written(budget: Budget) -> Numbers:
    """The numbers of a budget as the log writes them."""
    return {name: _written(getattr(budget, name)) for name in _NAMES}


def read(log: str) -> Iterator[Change]:
    """The lines of a log; raises `LogInvalid`."""
    for match in _LINE.findall(log):
        cells = [cell.strip() for cell in match.split("|")[:6]]
        if cells[0] == "date" or set(cells[0]) == {"-"}:
            continue
        try:
            change = Change(date.fromisoformat(cells[0]), *cells[1:])
        except ValueError:
            raise LogInvalid(f"this line has no date: {' | '.join(cells)}") from None
        if not change.why or change.number not in {ALL, *_NAMES}:
            raise LogInvalid(f"this line says no reason, or no number of a budget: {change}")
        yield change


def _folded(log: str) -> dict[str, Numbers]:
    told: dict[str, Numbers] = {}
    for change in read(log):
        if change.number == ALL:
            _begin_or_end(told, change)
            continue
        numbers = told.get(change.operation, {})
        if numbers.get(change.number) != change.before:
            raise LogInvalid(f"this line changes what was not so: {change}")
        numbers[change.number] = change.after
    return told


def _begin_or_end(told: dict[str, Numbers], change: Change) -> None:
    known = told.pop(change.operation, None)
    if change.before != (_in_words(known) if known else ""):
        raise LogInvalid(f"this line changes what was not so: {change}")
    if change.after:
        pairs = (pair.strip().partition(" ") for pair in change.after.split(","))
        told[change.operation] = {name: value for name, _, value in pairs}


def _differences(
    told: Mapping[str, Numbers], present: Mapping[str, Numbers], today: date
) -> Iterator[Change]:
    for name in sorted(told.keys() | present.keys()):
        before, after = told.get(name), present.get(name)
        if before is None or after is None:
            yield Change(
                today,
                name,
                ALL,
                _in_words(before) if before else "",
                _in_words(after) if after else "",
                "…",
            )
            continue
        for number in _NAMES:
            if before.get(number) != after[number]:
                yield Change(today, name, number, before.get(number, ""), after[number], "…")


def _in_words(numbers: Numbers) -> str:
    return ", ".join(f"{name} {value}".strip() for name, value in numbers.items())


def _written(value: object) -> str:
    if isinstance(value, frozenset):
        return " ".join(sorted(one.value for one in value))
    return str(value)
