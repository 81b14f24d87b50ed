"""The calls of a request as a fixed part and a part for each row."""

from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

RowsAndCalls: TypeAlias = tuple[int, int]
_HUNDREDTHS = 100


@dataclass(frozen=True, slots=True)
class Fit:
    """`fixed` calls, and `per_row` calls for each returned row, in hundredths."""

    fixed: int
    per_row: float

    def at(self, rows: int) -> float:
        """The number of calls with so many rows."""
        return self.fixed + self.per_row * rows


def fit(few: RowsAndCalls, twice: RowsAndCalls) -> Fit:
    """The line through both points, rounded up; calls that do not grow with the rows are fixed."""
    (rows, calls), (more_rows, more_calls) = few, twice
    slope = (more_calls - calls) / (more_rows - rows) if more_rows > rows else 0.0
    slope = max(slope, 0.0)
    fixed = max(calls - slope * rows, more_calls - slope * more_rows)
    return Fit(max(0, ceil(round(fixed, 6))), ceil(round(slope * _HUNDREDTHS, 6)) / _HUNDREDTHS)
