"""The change log of budgets, replayed from its first line to the present table.

The log determines every number of the table, so an unlogged change is found in any clone, even
without git history.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from gql.documents.budgets.budget import Budget, ImpossibleVariant, VariantBudget
from gql.documents.budgets.budget_file import EVERY, NUMBERS, OPTIONAL

ALL = "all"
_LINE = re.compile(r"^\|((?:[^|]*\|){6})\s*$", re.MULTILINE)
_NAMES = (*NUMBERS, "accepts", "refused", "impossible")
Numbers = dict[str, str]
"""The numbers of a budget by name, as text."""


class LogInvalid(Exception):
    """A line of the log is malformed, or contradicts the lines before it."""


@dataclass(frozen=True, slots=True)
class BudgetChange:
    """One line of the log."""

    day: date
    operation: str
    number: str
    before: str
    after: str
    why: str

    def __str__(self) -> str:
        """The line in the format of the log."""
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
    """The lines missing from the log for the present budgets; raises `LogInvalid`."""
    present: dict[str, Numbers] = {}
    for name, budget in budgets.items():
        present |= {name: budget_numbers(budget)} | _of_variants(name, budget)
    return [str(change) for change in _differences(_replayed(log), present, today)]


def budget_numbers(budget: Budget) -> Numbers:
    """The numbers of a budget as the log has them, without those that are not agreed."""
    agreed = {name: getattr(budget, name) for name in NUMBERS}
    numbers = {
        name: str(number)
        for name, number in agreed.items()
        if number is not None or name not in OPTIONAL
    }
    accepts = " ".join(sorted(one.value for one in budget.accepts))
    return numbers | {"accepts": accepts} | _refused(budget.refused)


def _of_variants(name: str, budget: Budget) -> dict[str, Numbers]:
    """The numbers that apply to some variants only, by document and condition."""
    tables: dict[str, Numbers] = {}
    differing: tuple[VariantBudget | ImpossibleVariant, ...] = (
        *budget.variants,
        *budget.impossible,
    )
    for one in differing:
        applies_to_every_document = (
            isinstance(one, ImpossibleVariant) and one.applies_to_every_document
        )
        tables.setdefault(f"{EVERY if applies_to_every_document else name} {one.where}", {}).update(
            _of(one)
        )
    return tables


def _of(one: VariantBudget | ImpossibleVariant) -> Numbers:
    if isinstance(one, ImpossibleVariant):
        return {"impossible": "yes"}
    return {name: str(number) for name, number in one.numbers.items()} | _refused(one.refused)


def _refused(refused: Mapping[str, int]) -> Numbers:
    codes = " ".join(f"{code}={number}" for code, number in sorted(refused.items()))
    return {"refused": codes} if refused else {}


def parse_log(log: str) -> Iterator[BudgetChange]:
    """Parse the lines of a log; raises `LogInvalid`."""
    for match in _LINE.findall(log):
        cells = [cell.strip() for cell in match.split("|")[:6]]
        if cells[0] == "date" or set(cells[0]) == {"-"}:
            continue
        try:
            change = BudgetChange(date.fromisoformat(cells[0]), *cells[1:])
        except ValueError:
            raise LogInvalid(f"this line has no date: {' | '.join(cells)}") from None
        if not change.why or change.number not in {ALL, *_NAMES}:
            raise LogInvalid(f"this line says no reason, or no number of a budget: {change}")
        yield change


def _replayed(log: str) -> dict[str, Numbers]:
    recorded: dict[str, Numbers] = {}
    for change in parse_log(log):
        if change.number == ALL:
            _add_or_remove(recorded, change)
            continue
        numbers = recorded.get(change.operation, {})
        if not numbers or numbers.get(change.number, "") != change.before:
            raise LogInvalid(f"this line changes what was not so: {change}")
        numbers[change.number] = change.after
    return recorded


def _add_or_remove(recorded: dict[str, Numbers], change: BudgetChange) -> None:
    known = recorded.pop(change.operation, None)
    if change.before != (_formatted(known) if known else ""):
        raise LogInvalid(f"this line changes what was not so: {change}")
    if change.after:
        pairs = (pair.strip().partition(" ") for pair in change.after.split(","))
        recorded[change.operation] = {name: value for name, _, value in pairs}


def _differences(
    recorded: Mapping[str, Numbers], present: Mapping[str, Numbers], today: date
) -> Iterator[BudgetChange]:
    for name in sorted(recorded.keys() | present.keys()):
        before, after = recorded.get(name), present.get(name)
        if before is None or after is None:
            yield BudgetChange(
                today,
                name,
                ALL,
                _formatted(before) if before else "",
                _formatted(after) if after else "",
                "…",
            )
            continue
        for number in _NAMES:
            was, is_now = before.get(number, ""), after.get(number, "")
            if was != is_now:
                yield BudgetChange(today, name, number, was, is_now, "…")


def _formatted(numbers: Numbers) -> str:
    return ", ".join(f"{name} {value}".strip() for name, value in numbers.items())
