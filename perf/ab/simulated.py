"""Servers that never were: latencies with what real ones have, and changes whose size is known."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import exp, sin
from random import Random

from perf.ab.turns import Block

SECONDS = 0.01
"""The median latency."""
_DRIFT_SECONDS = 97.0

Noise = Callable[[Random], Iterator[float]]
"""Factors of the latency, one request after another, whoever is asked."""
Change = Callable[[float, Random], float]
"""What becomes of a latency in seconds."""


def quiet(random: Random) -> Iterator[float]:
    """An idle machine: a log-normal tail and nothing else."""
    while True:
        yield random.lognormvariate(0, 0.1)


def drifting(random: Random) -> Iterator[float]:
    """A busy machine: each request is like the one before, and the whole drifts up and down."""
    level, now = 0.0, 0.0
    while True:
        level = 0.97 * level + random.gauss(0, 0.05)
        factor = exp(level + 0.3 * sin(now / _DRIFT_SECONDS)) * random.lognormvariate(0, 0.2)
        now += factor * SECONDS
        yield factor


def bursts(random: Random) -> Iterator[float]:
    """Another program comes and goes, a collector runs now and then: several modes."""
    is_busy = False
    while True:
        is_busy = random.random() < (0.98 if is_busy else 0.005)
        mode = random.choices((1.0, 1.5, 4.0), (80, 16, 4))[0]
        yield mode * (1.8 if is_busy else 1.0) * random.lognormvariate(0, 0.15)


def heavy(random: Random) -> Iterator[float]:
    """A tail in which p99 is eight times the median."""
    while True:
        yield random.lognormvariate(0, 0.9)


NOISES: Mapping[str, Noise] = {
    "quiet": quiet,
    "drifting": drifting,
    "bursts": bursts,
    "heavy tail": heavy,
}


def none(seconds: float, _random: Random) -> float:
    """Nothing changed."""
    return seconds


def median_up(seconds: float, _random: Random) -> float:
    """Everything takes a tenth more."""
    return 1.1 * seconds


def tenth_call(seconds: float, random: Random) -> float:
    """Each tenth call takes 25 ms more."""
    return seconds + 0.025 * (random.random() < 0.1)


def tail(seconds: float, random: Random) -> float:
    """8% of the calls take four times as long."""
    return seconds * (4 if random.random() < 0.08 else 1)


def fifth_up(seconds: float, _random: Random) -> float:
    """Everything takes a fifth more."""
    return 1.2 * seconds


def tail_up_from(threshold: float) -> Change:
    """What is longer than a threshold takes a fifth more, so that p95 does and the median not."""

    def change(seconds: float, _random: Random) -> float:
        return seconds * (1.2 if seconds > threshold else 1)

    return change


@dataclass(slots=True)
class Simulated:
    """Two servers; the second is changed in the operations that `changes` names."""

    operations: tuple[str, ...]
    changes: Mapping[str, Change]
    noise: Iterator[float]
    random: Random
    requests: int = 1
    now: float = field(default=0.0)

    def clock(self) -> float:
        """How much of their time has passed."""
        return self.now

    async def ask(self, side: int) -> Block:
        """A block of one side."""
        return {
            name: [self._latency(name, side) for _ in range(self.requests)]
            for name in self.operations
        }

    def _latency(self, name: str, side: int) -> float:
        seconds = SECONDS * next(self.noise)
        if side:
            seconds = self.changes.get(name, none)(seconds, self.random)
        self.now += seconds
        return seconds
