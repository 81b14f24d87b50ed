"""Find memory leaks by the source line that allocated the memory."""

import gc
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from perf.servers.host import ROOT

LEAK_BYTES = 768
"""A place that keeps so much of each request leaks: a kilobyte, less what tracing misses."""
_RINGS: Mapping[str, int] = {"metrics/buffered.py": 256}
"""Files with ring buffers: the bytes each request adds until the buffers are full."""
_NUMBER_BYTES = 32
"""Smaller allocations are ignored: ring buffers are full of numbers."""
_STEADY = 0.5
_OWN, _NOT_OWN = f"{ROOT}/", (f"{ROOT}/.venv/", f"{ROOT}/perf/")
_WATCHING = "perf"
"""The place of allocations made by the measurement itself."""
MemoryByPlace: TypeAlias = Mapping[str, int]
"""Bytes by the place that allocated them."""


@dataclass(frozen=True, slots=True)
class Leak:
    """The bytes that a source line keeps of each request."""

    place: str
    request_bytes: int


@dataclass(frozen=True, slots=True)
class MeasurementHalf:
    """Half of a measurement: the number of requests, spread over so many documents."""

    requests: int
    documents: int


def traced_memory() -> MemoryByPlace:
    """The traced memory that is allocated now, after garbage collection."""
    gc.collect()
    held: Counter[str] = Counter()
    for trace in tracemalloc.take_snapshot().traces:
        if trace.size > _NUMBER_BYTES:
            held[_place(trace.traceback)] += trace.size
    return held


def leaks(
    before: MemoryByPlace, between: MemoryByPlace, after: MemoryByPlace, half: MeasurementHalf
) -> Iterator[Leak]:
    """The places that grow in both halves of the measurement, largest first.

    A cache that fills up grows less in the second half; a leak does not.
    """
    for place in sorted(after, key=lambda one: (between.get(one, 0) - after[one], one)):
        first = between.get(place, 0) - before.get(place, 0)
        second = after[place] - between.get(place, 0)
        kept = second / half.requests
        if place != _WATCHING and kept >= _most(place, half) and second >= _STEADY * first > 0:
            yield Leak(place, round(kept))


def _most(place: str, half: MeasurementHalf) -> float:
    return LEAK_BYTES / half.documents + _RINGS.get(place.partition(":")[0], 0)


def _place(traceback: tracemalloc.Traceback) -> str:
    """The innermost line of our own source, or the innermost line of all."""
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
