"""Totals kept in plain Python numbers, and flushed to Prometheus collectors periodically."""

from collections import deque
from dataclasses import dataclass, field
from math import ceil

from prometheus_client import Counter, Histogram

from metrics.prometheus_internals import observe_all

NEWEST = 1024
"""How many of the newest samples percentiles are of."""


@dataclass(slots=True)
class Timing:
    """The durations, in seconds, of one kind of thing: totals since the start, newest samples."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0
    newest: deque[float] = field(default_factory=lambda: deque(maxlen=NEWEST))
    unflushed: list[float] = field(default_factory=list)
    """Durations that Prometheus does not have yet."""

    def add(self, *durations: float) -> None:
        """Add one duration or several, in seconds."""
        self.count += len(durations)
        self.total += sum(durations)
        self.longest = max(self.longest, *durations)
        self.newest.extend(durations)
        self.unflushed.extend(durations)

    def percentile(self, share: float) -> float:
        """The duration that `share` of the newest samples do not exceed (nearest rank)."""
        ordered = sorted(self.newest)
        return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0


class BufferedCounter:
    """A Prometheus counter that is brought up to a total kept elsewhere."""

    __slots__ = ("_counter", "_flushed")

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._flushed = 0.0

    def flush(self, total: float) -> None:
        """Add what the total has grown by since the last flush."""
        if total != self._flushed:
            self._counter.inc(total - self._flushed)
            self._flushed = total


def flush_histogram(histogram: Histogram, timing: Timing) -> None:
    """Observe the durations that were added since the last flush."""
    unflushed, timing.unflushed = timing.unflushed, []
    observe_all(histogram, unflushed)
