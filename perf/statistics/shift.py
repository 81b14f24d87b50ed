"""The shift function: the relative difference of two sides at each quantile.

The sides are measured in rounds. The hypothesis that a quantile of b is r times that of a implies
that in each round equally many latencies of both sides are expected beyond it. All tests use the
excess of b beyond the quantile, round by round.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, exp, inf, isinf, log, sqrt
from typing import TypeAlias

PROBABILITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""The deciles, p95 and p99."""
Round: TypeAlias = tuple[Sequence[float], Sequence[float]]
"""The latencies of both sides in one round, equally many."""
_MOST_GROUPS = 64
"""Consecutive rounds are merged into at most so many groups."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One quantile of both sides, and the interval of its relative change.

    `low` is -1 and `high` is infinite if there are too few samples for that bound.
    """

    probability: float
    a: float
    b: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """The relative change: 0.2 means that b is a fifth larger."""
        return self.b / self.a - 1

    @property
    def width(self) -> float:
        """The width of the interval: the ratio of its ends, less one."""
        return inf if self.low <= -1 else (1 + self.high) / (1 + self.low) - 1

    def detectable_effect(self, critical: float, power_deviations: float, growth: float) -> float:
        """The smallest detectable change if the run had `growth` times as many rounds."""
        if isinf(self.width):
            return inf
        half = log(1 + self.width) / 2 / sqrt(growth)
        return exp(half * (1 + power_deviations / critical)) - 1


class RankedLatencies:
    """The latencies of both sides, longest first, each with its group of rounds."""

    def __init__(self, rounds: Sequence[Round]) -> None:
        size = ceil(len(rounds) / _MOST_GROUPS)
        self._groups = ceil(len(rounds) / size)
        self._a, self._b = (_ordered(rounds, side, size) for side in (0, 1))
        self._count = len(self._a)

    def excesses(self) -> Iterator[list[int]]:
        """For each quantile of the pooled latencies, the excess of b beyond it, by group."""
        pooled = sorted(
            [(*one, -1) for one in self._a] + [(*one, 1) for one in self._b], reverse=True
        )
        excess, begun = [0] * self._groups, 0
        found = []
        for probability in reversed(PROBABILITIES):
            end = 2 * self.beyond(probability)
            for _, group, sign in pooled[begun:end]:
                excess[group] += sign
            found.append(list(excess))
            begun = end
        return reversed(found)

    def shifts(
        self, critical: float, probabilities: Sequence[float] = PROBABILITIES
    ) -> list[Shift]:
        """The shifts of quantiles, with the ratios not rejected at a critical value."""
        return [self._shift(probability, critical) for probability in probabilities]

    def _shift(self, probability: float, critical: float) -> Shift:
        beyond = self.beyond(probability)
        a, b = self._a[beyond][0], self._b[beyond][0]
        # The sides are exchanged for the upper bound.
        least = self._least(self._a, self._b, beyond, critical)
        most = self._least(self._b, self._a, beyond, critical)
        return Shift(probability, a, b, least - 1, 1 / most - 1 if most else inf)

    def beyond(self, probability: float) -> int:
        """The number of latencies of each side beyond its quantile, by nearest rank."""
        return self._count - max(1, ceil(round(probability * self._count, 9)))

    def _least(self, a: "_Side", b: "_Side", beyond: int, critical: float) -> float:
        """The smallest ratio of b's quantile to a's that is not rejected; 0 if there is no bound.

        Each ratio determines which latencies lie beyond the quantile: a smaller ratio includes more
        of b and fewer of a. Starting from the observed ratio, the excess of b is updated step by
        step and compared with its standard error.
        """
        excess = [0] * self._groups
        for (_, of_a), (_, of_b) in zip(a[:beyond], b[:beyond], strict=True):
            excess[of_a] -= 1
            excess[of_b] += 1
        squares = sum(one * one for one in excess)
        furthest = 0
        for step in range(1, min(beyond, self._count - beyond - 1) + 1):
            for group in (a[beyond - step][1], b[beyond + step - 1][1]):
                squares += 2 * excess[group] + 1
                excess[group] += 1
            if 4 * step * step <= critical * critical * squares:
                furthest = step
            elif step * step > critical * critical * squares:
                # Smaller ratios are all rejected.
                break
        if furthest + 1 > min(beyond, self._count - beyond - 1):
            return 0.0
        return b[beyond + furthest][0] / a[beyond - furthest - 1][0]


_Side: TypeAlias = list[tuple[float, int]]


def _ordered(rounds: Sequence[Round], side: int, size: int) -> _Side:
    return sorted(
        ((latency, number // size) for number, one in enumerate(rounds) for latency in one[side]),
        reverse=True,
    )
