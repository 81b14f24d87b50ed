"""The counts in an operation's budget, which do not depend on the machine."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

from gql.documents.budgets.budget import Budget

NUMBERS = MappingProxyType(
    {
        "statements": "statements",
        "rows": "rows",
        "response_bytes": "bytes answered",
        "fetched_bytes": "bytes fetched",
        "python_calls": "calls of functions in Python",
        "python_calls_per_row": "calls of functions in Python for each row",
        "c_calls": "calls of functions in C",
        "c_calls_per_row": "calls of functions in C for each row",
    }
)
"""Descriptions by the names that budgets use."""
BudgetedCounts: TypeAlias = Mapping[str, float]
_LANGUAGES = (("python", "Python"), ("c", "C"))


def budgeted_counts(budget: Budget) -> dict[str, float]:
    """The counts that a budget contains."""
    found = ((name, getattr(budget, name)) for name in NUMBERS)
    return {name: number for name, number in found if number is not None}


def format_calls(agreed: BudgetedCounts) -> str:
    """A text such as `Python 658 + 4.33 a row, C 500`; empty if the budget has no calls."""
    return ", ".join(
        f"{words} {agreed[f'{name}_calls']:g}{_of_rows(agreed.get(f'{name}_calls_per_row', 0))}"
        for name, words in _LANGUAGES
        if f"{name}_calls" in agreed
    )


def changes(name: str, before: BudgetedCounts, after: BudgetedCounts) -> Iterator[str]:
    """A sentence for each count that differs; counts that only one side has are skipped."""
    for number, words in NUMBERS.items():
        old, new = before.get(number), after.get(number)
        if old is not None and new is not None and old != new:
            yield f"{name}: {new:g} {words} are agreed instead of {old:g}."


def _of_rows(number: float) -> str:
    return f" + {number:g} a row" if number else ""
