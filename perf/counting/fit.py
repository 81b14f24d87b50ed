"""Calls of one request as so many, and so many more for each row."""

from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

RowsAndCalls: TypeAlias = tuple[int, int]
_HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class Fit:
    """`fixed` calls, and `per_row` for each row that the statements return, in hundredths."""

    fixed: int
    per_row: float

    def at(self, rows: int) -> float:
        """The calls with so many rows."""
        return self.fixed + self.per_row * rows


def fit(few: RowsAndCalls, twice: RowsAndCalls) -> Fit:
    """The line through both, rounded up; what does not grow with the rows is all fixed."""
    (rows, calls), (more_rows, more_calls) = few, twice
    slope = (more_calls - calls) / (more_rows - rows) if more_rows > rows else 0.0
    slope = max(slope, 0.0)
    fixed = max(calls - slope * rows, more_calls - slope * more_rows)
    return Fit(max(0, ceil(round(fixed, 6))), ceil(round(slope * _HUNDREDTHS, 6)) / _HUNDREDTHS)
