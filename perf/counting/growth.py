"""Memory that is kept request after request, by the line of source that allocated it."""

import gc
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from perf.load.host import ROOT

FRAMES = 1
"""How deep it is looked for a line of ours; deeper costs more for each allocation."""
LEAK_BYTES = 24
"""Kept of each request, it is a leak. What is counted for the newest hundreds is much less."""
_STEADY = 0.5
_NUMBER_BYTES = 32
"""What is no larger is a number: rings of the newest durations fill with them."""
_WATCHING = "perf"
"""The place of what measures."""
_OWN, _NOT_OWN = f"{ROOT}/", (f"{ROOT}/.venv/", f"{ROOT}/perf/")
Held: TypeAlias = Mapping[str, int]
"""Bytes by the place that allocated them."""


@dataclass(frozen=True, slots=True)
class Leak:
    """What a line of source keeps of each request, in bytes."""

    place: str
    request_bytes: float


def held_now() -> Held:
    """What is allocated now and was traced, without garbage."""
    gc.collect()
    held: Counter[str] = Counter()
    for trace in tracemalloc.take_snapshot().traces:
        if trace.size > _NUMBER_BYTES:
            held[_place(trace.traceback)] += trace.size
    return held


def leaks(before: Held, between: Held, after: Held, *, requests: int) -> Iterator[Leak]:
    """What grows in both halves, of which each had so many requests, most first.

    A cache that fills until it is full grows less and less; a leak does not.
    """
    grown = {place: size - between.get(place, 0) for place, size in after.items()}
    for place in sorted(grown, key=lambda one: (-grown[one], one)):
        first = between.get(place, 0) - before.get(place, 0)
        if (
            place != _WATCHING
            and grown[place] >= LEAK_BYTES * requests
            and grown[place] >= _STEADY * first > 0
        ):
            yield Leak(place, (grown[place] + first) / (2 * requests))


def _place(traceback: tracemalloc.Traceback) -> str:
    """The innermost line of ours, or the innermost of all."""
    frames = list(reversed(traceback))
    own = (
        frame
        for frame in frames
        if frame.filename.startswith(_OWN) and not frame.filename.startswith(_NOT_OWN)
    )
    frame = next(own, frames[0])
    if frame.filename.startswith(_NOT_OWN[1]):
        return _WATCHING
    return f"{frame.filename.removeprefix(_OWN)}:{frame.lineno}"
