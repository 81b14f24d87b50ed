"""Simulated servers: realistic latency noise, and changes of a known size."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from math import exp, sin
from random import Random

from perf.comparisons.ab.interleaving import Block

SECONDS = 0.005
"""The median latency without any noise."""
_DRIFT_SECONDS = 97.0
_TENTH_CALL_SHARE, _TENTH_CALL_SECONDS = 0.1, 0.025
_TAIL_SHARE, _TAIL_FACTOR = 0.08, 4
_SAMPLES, _LONG_SHARE = 100_000, 0.1

Noise = Callable[[Random], Iterator[float]]
"""Yields a latency factor for each request, independent of the side."""


def quiet(random: Random) -> Iterator[float]:
    """An idle machine: a log-normal distribution and nothing else."""
    while True:
        yield random.lognormvariate(0, 0.1)


def drifting(random: Random) -> Iterator[float]:
    """A busy machine: neighbouring requests are correlated, and the level drifts."""
    level, now = 0.0, 0.0
    while True:
        level = 0.97 * level + random.gauss(0, 0.05)
        factor = exp(level + 0.3 * sin(now / _DRIFT_SECONDS)) * random.lognormvariate(0, 0.2)
        now += factor * SECONDS
        yield factor


def bursts(random: Random) -> Iterator[float]:
    """Other programs come and go and garbage collections happen: several modes."""
    is_busy = False
    while True:
        is_busy = random.random() < (0.98 if is_busy else 0.005)
        (mode,) = random.choices((1.0, 1.5, 4.0), (80, 16, 4))
        yield mode * (1.8 if is_busy else 1.0) * random.lognormvariate(0, 0.15)


def heavy_tail(random: Random) -> Iterator[float]:
    """A log-normal distribution whose p99 is five times its median."""
    while True:
        yield random.lognormvariate(0, 0.7)


NOISES: Mapping[str, Noise] = {
    "quiet": quiet,
    "drifting": drifting,
    "bursts": bursts,
    "heavy tail": heavy_tail,
}


@dataclass(frozen=True, slots=True)
class SimulatedChange:
    """A change made to a version, and the quantile that must be reported; None for no change.

    `apply` receives a latency in seconds, and whether it is among the longest tenth.
    """

    name: str
    apply: Callable[[float, bool, Random], float]
    quantile: float | None = None


def _slow_tenth_call(seconds: float, _is_long: bool, random: Random) -> float:  # noqa: FBT001 - one signature for all
    return seconds + _TENTH_CALL_SECONDS * (random.random() < _TENTH_CALL_SHARE)


def _tail(seconds: float, _is_long: bool, random: Random) -> float:  # noqa: FBT001 - one signature for all
    return seconds * (_TAIL_FACTOR if random.random() < _TAIL_SHARE else 1)


NO_CHANGE = SimulatedChange("nothing", lambda seconds, _is_long, _random: seconds)
CHANGES = (
    NO_CHANGE,
    SimulatedChange("+10% of the median", lambda seconds, _is_long, _random: 1.1 * seconds, 0.5),
    SimulatedChange("+20% of p95", lambda s, is_long, _random: s * (1.2 if is_long else 1), 0.95),
    SimulatedChange("+20% of everything", lambda seconds, _is_long, _random: 1.2 * seconds, 0.5),
    SimulatedChange("25 ms in each tenth call", _slow_tenth_call, 0.95),
    SimulatedChange("8% take four times as long", _tail, 0.95),
)


@cache
def longest_tenth(noise: Noise) -> float:
    """The factor that a tenth of all requests exceeds."""
    factors = sorted(islice(noise(Random(0)), _SAMPLES))
    return factors[round((1 - _LONG_SHARE) * _SAMPLES)]


@dataclass(slots=True)
class SimulatedServers:
    """Two servers side by side; the first operation of the second server is changed."""

    noise: Noise
    change: SimulatedChange
    operations: tuple[str, ...]
    random: Random
    now: float = 0.0
    _factors: Iterator[float] = field(init=False)

    def __post_init__(self) -> None:
        self._factors = self.noise(self.random)

    def clock(self) -> float:
        """The simulated time in seconds."""
        return self.now

    async def ask(self, side: int) -> Block:
        """One block of one side: a request of each operation."""
        return {
            name: [self._latency(is_changed=bool(side) and name == self.operations[0])]
            for name in self.operations
        }

    def _latency(self, *, is_changed: bool) -> float:
        factor = next(self._factors)
        change = self.change if is_changed else NO_CHANGE
        seconds = change.apply(SECONDS * factor, factor > longest_tenth(self.noise), self.random)
        self.now += seconds
        return seconds
