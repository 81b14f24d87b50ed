"""How much slower one version is than another, from blocks that were measured in turns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from math import exp, log, sqrt
from operator import mul
from random import Random
from statistics import fmean, stdev

RESAMPLES = 4_000
FEWEST_ROUNDS = 6
"""With fewer differences a resample is too often the same difference throughout."""


class Change(Enum):
    """What became of the latency, `minimum` being the least change worth a word."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "no change"
    UNKNOWN = "cannot be told"


@dataclass(frozen=True, slots=True)
class Effect:
    """By how much b's latency differs from a's, as a share of a's: 0.2 is a fifth more."""

    value: float
    low: float
    high: float

    def change(self, minimum: float) -> Change:
        """What it means: an interval wholly beyond the minimum, wholly within it, or neither."""
        if self.low > minimum:
            return Change.SLOWER
        if self.high < 1 / (1 + minimum) - 1:
            return Change.FASTER
        if self.high < minimum and self.low > 1 / (1 + minimum) - 1:
            return Change.SAME
        return Change.UNKNOWN


def block_mean(latencies: Sequence[float]) -> float:
    """The mean of a block's latencies on the logarithmic scale, which no single one dominates."""
    return fmean(log(latency) for latency in latencies)


def round_difference(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The difference of the block means of one round A B B A; a steady drift cancels out."""
    return (b[0] + b[1] - a[0] - a[1]) / 2


def effect(differences: Sequence[float], *, confidence: float, seed: int = 0) -> Effect | None:
    """The effect with its interval, from the differences of the rounds; None of too few.

    The bootstrap-t over rounds (Efron and Tibshirani, An Introduction to the Bootstrap, 12.5),
    which unlike the percentile bootstrap keeps its confidence with a dozen rounds. The same seed
    gives the same interval.
    """
    count = len(differences)
    if count < FEWEST_ROUNDS:
        return None
    mean = fmean(differences)
    error = stdev(differences) / sqrt(count)
    if not error:
        return Effect(*(3 * (exp(mean) - 1,)))
    ratios = sorted(_ratios([one - mean for one in differences], error, Random(seed)))
    cut = max(0, int(RESAMPLES * (1 - confidence) / 2) - 1)
    low, high = mean - ratios[-1 - cut] * error, mean - ratios[cut] * error
    return Effect(exp(mean) - 1, exp(low) - 1, exp(high) - 1)


def _ratios(centred: Sequence[float], error: float, random: Random) -> Iterator[float]:
    """Of each resample, how many of its own standard errors its mean is off."""
    count = len(centred)
    for _ in range(RESAMPLES):
        drawn = random.choices(centred, k=count)
        total = sum(drawn)
        squares = sum(map(mul, drawn, drawn)) - total * total / count
        own = sqrt(max(0.0, squares) / (count - 1) / count)
        yield total / count / (own or error)
