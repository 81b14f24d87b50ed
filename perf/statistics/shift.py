"""The shift function: by how much each quantile of one side differs from the other side's.

What two sides did is measured in rounds. A hypothesis about one quantile ("b's p95 is so many times
a's") says that in each round as many of either side lie beyond it; how many more of b do, round by
round, is what everything here is computed from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, exp, inf, isinf, log, sqrt
from typing import TypeAlias

PROBABILITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""The deciles, p95 and p99."""
Round: TypeAlias = tuple[Sequence[float], Sequence[float]]
"""The latencies of both sides in one round, of each as many."""
_MOST_GROUPS = 64
"""Rounds that follow each other are taken together until there are no more than so many."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One quantile of both sides, in their unit, and between which shares it changed.

    `low` is -1 and `high` is infinite where there are too few samples to have an end.
    """

    probability: float
    a: float
    b: float
    low: float
    high: float

    @property
    def value(self) -> float:
        """By which share b's differs from a's: 0.2 is a fifth more."""
        return self.b / self.a - 1

    @property
    def width(self) -> float:
        """How many times the lower end the upper one is, less one."""
        return inf if self.low <= -1 else (1 + self.high) / (1 + self.low) - 1

    def visible(self, critical: float, power_deviations: float, growth: float) -> float:
        """The least change that would be seen, had the run `growth` times as many rounds."""
        if isinf(self.width):
            return inf
        half = log(1 + self.width) / 2 / sqrt(growth)
        return exp(half * (1 + power_deviations / critical)) - 1


class Ranked:
    """The latencies of both sides, longest first, each with its group of rounds."""

    def __init__(self, rounds: Sequence[Round]) -> None:
        size = ceil(len(rounds) / _MOST_GROUPS)
        self._groups = ceil(len(rounds) / size)
        self._a, self._b = (_ordered(rounds, side, size) for side in (0, 1))
        self._count = len(self._a)

    def excesses(self) -> Iterator[list[int]]:
        """For each quantile, how many more of b than of a are beyond that of both, by group."""
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
        """Quantiles, each with what is left of its hypotheses at a critical value."""
        return [self._shift(probability, critical) for probability in probabilities]

    def _shift(self, probability: float, critical: float) -> Shift:
        beyond = self.beyond(probability)
        a, b = self._a[beyond][0], self._b[beyond][0]
        # a's and b's parts are exchanged for the upper end.
        least = self._least(self._a, self._b, beyond, critical)
        most = self._least(self._b, self._a, beyond, critical)
        return Shift(probability, a, b, least - 1, 1 / most - 1 if most else inf)

    def beyond(self, probability: float) -> int:
        """How many of each side are longer than its quantile, by nearest rank."""
        return self._count - max(1, ceil(round(probability * self._count, 9)))

    def _least(self, a: "_Side", b: "_Side", beyond: int, critical: float) -> float:
        """The least ratio of b's quantile to a's that is not rejected; 0 where there is no end.

        A ratio says which of both sides lie beyond: the less it is, the more of b and the fewer
        of a. Those are counted by group, and how many more of b they are is compared with its own
        spread, for one after another.
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
                # So far beyond that nothing behind it is accepted again.
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
