"""Times in which the server answered nobody although several waited."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from perf.load.samples import Sample

SHORTEST_SECONDS = 0.5
_FEWEST_WAITING = 3


@dataclass(frozen=True, slots=True)
class Stall:
    """From which second of the run, for how long, and how many requests waited for its end."""

    begins_at: float
    seconds: float
    waiting: int


def stalls(samples: Sequence[Sample]) -> list[Stall]:
    """Every stall of half a second or more; of samples that nothing else makes wait for long."""
    ends = sorted({0.0, *(sample.ended for sample in samples)})
    found = []
    for before, end in pairwise(ends):
        if end - before >= SHORTEST_SECONDS:
            waiting = [one.due for one in samples if one.due < end <= one.ended]
            begun = max(before, min(waiting, default=end))
            if len(waiting) >= _FEWEST_WAITING and end - begun >= SHORTEST_SECONDS:
                found.append(Stall(begun, end - begun, len(waiting)))
    return found
