"""Bringing Prometheus up to date with running totals, which take less time to keep."""

from prometheus_client import Counter, Histogram

from metrics.timing import Timing


class ToldCounter:
    """A counter of Prometheus that follows a total."""

    __slots__ = ("_counter", "_told")

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._told = 0.0

    def tell(self, total: float) -> None:
        """Tell it of what came since it was last told."""
        if total != self._told:
            self._counter.inc(total - self._told)
            self._told = total


def tell_histogram(histogram: Histogram, timing: Timing) -> None:
    """Tell Prometheus of the durations that came since it was last told."""
    untold, timing.untold = timing.untold, []
    for seconds in untold:
        histogram.observe(seconds)
