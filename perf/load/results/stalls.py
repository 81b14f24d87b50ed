"""Stalls: periods in which several requests waited and none was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from perf.load.generator.samples import Sample

SHORTEST_SECONDS = 0.5
_FEWEST_WAITING = 3


@dataclass(frozen=True, slots=True)
class Stall:
    """When a stall began (seconds into the run), how long it was, and how many requests waited."""

    begins_at: float
    seconds: float
    waiting: int


def stalls(samples: Sequence[Sample]) -> list[Stall]:
    """Stalls of half a second or more; `samples` must be of requests that are quick otherwise."""
    ends = sorted({0.0, *(sample.ended for sample in samples)})
    found = []
    for before, end in pairwise(ends):
        if end - before >= SHORTEST_SECONDS:
            waiting = [one.due for one in samples if one.due < end <= one.ended]
            begun = max(before, min(waiting, default=end))
            if len(waiting) >= _FEWEST_WAITING and end - begun >= SHORTEST_SECONDS:
                found.append(Stall(begun, end - begun, len(waiting)))
    return found
