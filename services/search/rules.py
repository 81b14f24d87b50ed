"""Where messages stand among those of their person, and how long indexing pauses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count


@dataclass(frozen=True, slots=True)
class PlaceEnds:
    """The places of a person's newest and oldest indexed message, and when they were written."""

    newest: int
    newest_at: datetime
    oldest: int
    oldest_at: datetime


def places_of(instants: Sequence[datetime], ends: PlaceEnds | None) -> list[int]:
    """The places of messages written at `instants`, in their order: above the newest indexed one.

    Those from before the oldest indexed message go below it, so that messages which are indexed
    late, as when there was no search yet, do not come before newer ones.
    """
    if ends is None:
        return list(range(len(instants)))
    earlier = sum(instant < ends.oldest_at for instant in instants)
    below, above = count(ends.oldest - earlier), count(ends.newest + 1)
    return [next(below if instant < ends.oldest_at else above) for instant in instants]


def pause_seconds(worked_seconds: float, share: float) -> float:
    """How long nothing is done after work, which takes a share of the time then, above 0."""
    return worked_seconds * (1 / share - 1)
