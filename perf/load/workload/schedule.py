"""The plan of a run: when each request is due, fixed before the first one is sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from random import Random

from perf.load.generator.samples import PROBE
from perf.load.workload.profiles import Profile, Stage

_PROBES_A_SECOND = 10


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request of the plan: when it is due (seconds), in which stage, and its operation."""

    due: float
    stage: str
    operation: str


def schedule(profile: Profile, weights: Mapping[str, float], *, seed: int) -> list[PlannedRequest]:
    """All requests in order; the same for the same arguments.

    Arrivals are independent of each other and of the answers: a Poisson process whose rate follows
    the stages, by inversion of its cumulated rate (Cinlar, Introduction to Stochastic Processes,
    1975, chapter 4.7). Probes are evenly spaced.
    """
    random, begun = Random(seed), 0.0
    planned: list[PlannedRequest] = []
    for stage in profile.stages:
        times = list(_arrivals(stage, random))
        names = random.choices(list(weights), list(weights.values()), k=len(times))
        planned += [
            PlannedRequest(begun + time, stage.name, name)
            for time, name in zip(times, names, strict=True)
        ]
        planned += [
            PlannedRequest(begun + number / _PROBES_A_SECOND, stage.name, PROBE)
            for number in range(int(stage.seconds * _PROBES_A_SECOND))
        ]
        begun += stage.seconds
    return sorted(planned, key=lambda one: one.due)


def _arrivals(stage: Stage, random: Random) -> Iterator[float]:
    slope = (stage.ends_at - stage.begins_at) / stage.seconds if stage.seconds else 0.0
    cumulated = random.expovariate(1)
    while (time := _inverted(cumulated, stage.begins_at, slope)) < stage.seconds:
        yield time
        cumulated += random.expovariate(1)


def _inverted(cumulated: float, rate: float, slope: float) -> float:
    """The time at which the cumulated rate is reached."""
    if not slope:
        return cumulated / rate
    return (sqrt(rate * rate + 2 * slope * cumulated) - rate) / slope
