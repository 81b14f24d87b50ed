"""Measure two sides alternately until the result is precise enough or the time is up."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import Protocol, TypeAlias

from perf.comparisons.ab.precision import DetectableEffects, Precision
from perf.statistics.shift import Round

PILOT_ROUNDS = 24
"""Effects become detectable only after so many rounds; the forecast is made then."""
_NEXT_LOOK = 1.25
_ORDERS = ((0, 1, 1, 0), (1, 0, 0, 1))

Block: TypeAlias = Mapping[str, Sequence[float]]
"""The latencies in seconds, by operation."""
Ask: TypeAlias = Callable[[int], Awaitable[Block]]
"""Measures the first (0) or the second side (1), with equally many requests of each operation."""


@dataclass(frozen=True, slots=True)
class StopRule:
    """When to stop; `minimum` is the smallest change that is reported, 0.1 being a tenth."""

    minimum: float
    seconds: float
    most_rounds: int = 1_000_000


class ProgressListener(Protocol):
    """Is informed of the progress."""

    def started(self, detectable_effects: DetectableEffects, seconds: float) -> None:
        """The pilot is over: the effects detectable in the full time, and the seconds it took."""

    def measured(self, rounds: int) -> None:
        """So many rounds have been measured."""


class SilentListener:
    """Ignores all progress."""

    def started(self, detectable_effects: DetectableEffects, seconds: float) -> None:
        """Do nothing."""

    def measured(self, rounds: int) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class InterleavedRounds:
    """The rounds of each operation, and the detectable effects estimated after the pilot."""

    rounds: Mapping[str, Sequence[Round]]
    detectable_effects: DetectableEffects

    def latencies(self, name: str, side: int) -> list[float]:
        """The latencies in seconds of an operation on one side, in the order of measurement."""
        return [latency for one in self.rounds[name] for latency in one[side]]


async def measure_interleaved(
    ask: Ask,
    bounds: StopRule,
    *,
    clock: Callable[[], float],
    listener: ProgressListener,
    seed: int = 1,
) -> InterleavedRounds:
    """Measure both sides, round by round.

    Each round is A B B A or B A A B at random, so drift affects both sides equally and the sides
    are exchangeable if the versions are equal. The decision to stop depends only on the width of
    the intervals, never on their position, so repeated looks do not increase the rate of false
    alarms.
    """
    random, rounds, look = Random(seed), dict[str, list[Round]](), PILOT_ROUNDS
    precision, started = Precision(bounds.minimum), clock()
    detectable_effects: DetectableEffects = {}
    for number in range(1, bounds.most_rounds + 1):
        for name, one in (await _round(ask, random.choice(_ORDERS))).items():
            rounds.setdefault(name, []).append(one)
        listener.measured(number)
        took = clock() - started
        if number == PILOT_ROUNDS:
            most = min(bounds.most_rounds / number, bounds.seconds / took)
            detectable_effects = precision.detectable_effects(rounds, growth=max(1.0, most))
            listener.started(detectable_effects, took)
        if number >= PILOT_ROUNDS and took >= bounds.seconds:
            break
        if number == look:
            if precision.is_reached(rounds):
                break
            look = ceil(number * _NEXT_LOOK)
    return InterleavedRounds(rounds, detectable_effects)


async def _round(ask: Ask, order: Sequence[int]) -> dict[str, Round]:
    found: dict[str, tuple[list[float], list[float]]] = {}
    for side in order:
        for name, latencies in (await ask(side)).items():
            found.setdefault(name, ([], []))[side].extend(latencies)
    return dict(found)
