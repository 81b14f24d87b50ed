"""Durations of one kind of thing: totals of the whole life, percentiles of the newest."""

from collections import deque
from dataclasses import dataclass, field
from math import ceil

NEWEST = 1024
"""How many samples are the newest."""


@dataclass(slots=True)
class Timing:
    """The durations, in seconds, of one kind of thing."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0
    newest: deque[float] = field(default_factory=lambda: deque(maxlen=NEWEST))
    untold: list[float] = field(default_factory=list)
    """Those that Prometheus is to be told of."""

    def add(self, *durations: float) -> None:
        """Note durations, in seconds, one or more."""
        self.count += len(durations)
        self.total += sum(durations)
        self.longest = max(self.longest, *durations)
        self.newest.extend(durations)
        self.untold.extend(durations)

    def percentile(self, share: float) -> float:
        """The duration that `share` of the newest samples do not exceed (nearest rank)."""
        ordered = sorted(self.newest)
        return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0
