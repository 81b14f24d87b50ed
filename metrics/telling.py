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


class ToldHistogram:
    """A histogram of Prometheus that follows a timing with the same edges."""

    __slots__ = ("_histogram", "_seconds", "_within")

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._seconds = 0.0
        self._within: list[int] = []

    def tell(self, timing: Timing) -> None:
        """Tell it of what came since it was last told."""
        told = self._within or [0] * len(timing.within)
        if told == timing.within:
            return
        # `observe` takes one at a time, and looks for its bucket.
        buckets = self._histogram._buckets  # noqa: SLF001 - see above
        for bucket, now, before in zip(buckets, timing.within, told, strict=True):
            if now != before:
                bucket.inc(now - before)
        self._histogram._sum.inc(timing.total - self._seconds)  # noqa: SLF001 - see above
        self._seconds, self._within = timing.total, [*timing.within]
