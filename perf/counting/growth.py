"""Memory that is kept request after request, by the line of source that allocated it."""

import gc
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from perf.load.host import ROOT

LEAK_BYTES = 768
"""Kept of each request for one document, it is a leak: a kilobyte, and what is not seen of it."""
_RINGS: Mapping[str, int] = {"metrics/buffered.py": 256}
"""Where the newest so many of something are kept: bytes of each request until all are there."""
_NUMBER_BYTES = 32
"""What is no larger is a number, of which such rings are full."""
_STEADY = 0.5
_OWN, _NOT_OWN = f"{ROOT}/", (f"{ROOT}/.venv/", f"{ROOT}/perf/")
_WATCHING = "perf"
"""The place of what measures."""
Held: TypeAlias = Mapping[str, int]
"""Bytes by the place that allocated them."""


@dataclass(frozen=True, slots=True)
class Leak:
    """What a line of source keeps of each request, in bytes."""

    place: str
    request_bytes: int


@dataclass(frozen=True, slots=True)
class Turn:
    """Half of what is measured: so many requests, for so many documents in turns."""

    requests: int
    documents: int


def held_now() -> Held:
    """What is allocated now and was traced, without garbage."""
    gc.collect()
    held: Counter[str] = Counter()
    for trace in tracemalloc.take_snapshot().traces:
        if trace.size > _NUMBER_BYTES:
            held[_place(trace.traceback)] += trace.size
    return held


def leaks(before: Held, between: Held, after: Held, turn: Turn) -> Iterator[Leak]:
    """What grows in both halves, most first.

    A cache that fills until it is full grows less and less; a leak does not.
    """
    for place in sorted(after, key=lambda one: (between.get(one, 0) - after[one], one)):
        first = between.get(place, 0) - before.get(place, 0)
        second = after[place] - between.get(place, 0)
        kept = second / turn.requests
        if place != _WATCHING and kept >= _most(place, turn) and second >= _STEADY * first > 0:
            yield Leak(place, round(kept))


def _most(place: str, turn: Turn) -> float:
    return LEAK_BYTES / turn.documents + _RINGS.get(place.partition(":")[0], 0)


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
