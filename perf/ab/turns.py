"""Two sides asked in turns until the comparison is as precise as was asked, or the time is up."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import Protocol, TypeAlias

from perf.ab.precision import Foresight, Precision
from perf.statistics.shift import Round

PILOT_ROUNDS = 24
"""After so many it is said what can be seen; with fewer, nothing would be beyond chance."""
_NEXT_LOOK = 1.25
_ORDERS = ((0, 1, 1, 0), (1, 0, 0, 1))

Block: TypeAlias = Mapping[str, Sequence[float]]
"""The seconds of each request, by operation."""
Ask: TypeAlias = Callable[[int], Awaitable[Block]]
"""Asks the first side, 0, or the second, 1, each operation equally often."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """When to stop: `minimum` is the least change worth a word, 0.1 being a tenth."""

    minimum: float
    seconds: float
    most_rounds: int = 1_000_000


class Listener(Protocol):
    """What is told how it goes."""

    def begun(self, foresight: Foresight, seconds: float) -> None:
        """What can be seen when all the time is taken, and how long the pilot took."""

    def measured(self, rounds: int) -> None:
        """So many rounds are measured."""


class Silent:
    """Tells nobody."""

    def begun(self, foresight: Foresight, seconds: float) -> None:
        """Do nothing about it."""

    def measured(self, rounds: int) -> None:
        """Do nothing about it."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The rounds of each operation, and what was foreseen after the pilot."""

    rounds: Mapping[str, Sequence[Round]]
    foresight: Foresight

    def latencies(self, name: str, side: int) -> list[float]:
        """The seconds of an operation's requests to one of both, in their order."""
        return [latency for one in self.rounds[name] for latency in one[side]]


async def in_turns(
    ask: Ask, bounds: Bounds, *, clock: Callable[[], float], listener: Listener, seed: int = 1
) -> Turns:
    """Ask both sides, round by round.

    A round is A B B A or B A A B, drawn by lot: what drifts hits both sides alike, and had the
    sides changed places nothing but chance would be another. Whether to go on is decided by how
    wide the intervals are, never by where they lie, so that looking again and again makes no false
    alarm likelier.
    """
    random, rounds, look = Random(seed), dict[str, list[Round]](), PILOT_ROUNDS
    precision, started = Precision(bounds.minimum), clock()
    foresight: Foresight = {}
    for number in range(1, bounds.most_rounds + 1):
        for name, one in (await _round(ask, random.choice(_ORDERS))).items():
            rounds.setdefault(name, []).append(one)
        listener.measured(number)
        took = clock() - started
        if number == PILOT_ROUNDS:
            most = min(bounds.most_rounds / number, bounds.seconds / took)
            foresight = precision.foresight(rounds, growth=max(1.0, most))
            listener.begun(foresight, took)
        if number >= PILOT_ROUNDS and took >= bounds.seconds:
            break
        if number == look:
            if precision.is_reached(rounds):
                break
            look = ceil(number * _NEXT_LOOK)
    return Turns(rounds, foresight)


async def _round(ask: Ask, order: Sequence[int]) -> dict[str, Round]:
    found: dict[str, tuple[list[float], list[float]]] = {}
    for side in order:
        for name, latencies in (await ask(side)).items():
            found.setdefault(name, ([], []))[side].extend(latencies)
    return dict(found)
