"""Percentiles of samples, with confidence intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from perf.statistics.binomial import at_most


@dataclass(frozen=True, slots=True)
class Percentile:
    """A percentile with its confidence interval, in the unit of the samples.

    `low` or `high` is None if there are too few samples for that bound.
    """

    value: float
    low: float | None
    high: float | None


def percentile(
    ordered: Sequence[float], share: float, *, confidence: float = 0.95
) -> Percentile | None:
    """The value that a share of the samples does not exceed (nearest rank); None without samples.

    The interval is that of order statistics: the number of samples below the true percentile is
    binomial, whatever the distribution (David and Nagaraja, Order Statistics, 3rd edition, 7.1).
    The samples are assumed to be independent. `ordered` must be sorted.
    """
    count = len(ordered)
    if not count:
        return None
    low, high = _ranks(count, share, (1 - confidence) / 2)
    return Percentile(
        ordered[max(1, ceil(share * count)) - 1],
        ordered[low - 1] if low else None,
        ordered[high - 1] if high <= count else None,
    )


def _ranks(count: int, share: float, alpha: float) -> tuple[int, int]:
    """The ranks of the interval's bounds, counted from 1; 0 and `count` + 1 where there is none.

    The lower is the highest rank with P(fewer samples below) at most alpha, the upper the lowest
    with P(so many or more below) at most alpha.
    """
    low = _first(0, count, lambda rank: at_most(rank, count, share) > alpha)
    high = _first(0, count, lambda rank: at_most(rank, count, share) >= 1 - alpha) + 1
    return low, high


def _first(low: int, high: int, is_reached: Callable[[int], bool]) -> int:
    """The first number from `low` on that meets a monotonic condition."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_reached(middle) else (middle + 1, high)
    return low
