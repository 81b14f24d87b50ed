"""Critical values for many simultaneous comparisons."""

from collections.abc import Sequence
from math import ceil, sqrt
from operator import mul
from random import Random

RESAMPLES = 999


def critical_value(
    excesses: Sequence[Sequence[int]], *, false_alarms: float, seed: int = 0
) -> float:
    """The value that the largest of all ratios exceeds by chance with that probability.

    A ratio is the sum of a row over the root of its sum of squares. Each resample multiplies every
    group by a random sign, the same in all rows: a wild bootstrap (Wu, Annals of Statistics 14,
    1986) of whole groups, which keeps the dependence within groups and between rows. If the sides
    do not differ and their order of measurement was random, all signs are equally likely, so the
    probability is exact, whatever the noise and the number of groups (Fisher's randomisation test;
    Romano and Wolf, JASA 100, 2005, for many at once).
    """
    rows = [row for row in map(_scaled, excesses) if row]
    random, groups = Random(seed), max(map(len, rows), default=0)
    largest = [max((abs(sum(row)) for row in rows), default=0.0)]
    for _ in range(RESAMPLES):
        bits = random.getrandbits(groups) if groups else 0
        signs = [1 if bits >> place & 1 else -1 for place in range(groups)]
        largest.append(max((abs(sum(map(mul, row, signs))) for row in rows), default=0.0))
    return sorted(largest)[ceil((1 - false_alarms) * (RESAMPLES + 1)) - 1]


def _scaled(row: Sequence[int]) -> list[float]:
    norm = sqrt(sum(map(mul, row, row)))
    return [one / norm for one in row] if norm else []
