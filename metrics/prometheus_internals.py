"""The undocumented parts of prometheus-client that we use: the buckets of a histogram.

Its `observe` looks for the bucket in Python and takes two locks, for every value: 15 of 220 calls
of a request under load. Of values that are flushed together each bucket takes one lock. What is
relied on is tested in test_prometheus_internals.py; `pyproject.toml` bounds the version.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import partial
from time import time

from prometheus_client import Histogram
from prometheus_client.samples import Exemplar


def observe_all(histogram: Histogram, values: Sequence[float]) -> None:
    """Observe values as `Histogram.observe` does; the histogram has no labels, or is one child."""
    if not values:
        return
    bounds = histogram._upper_bounds  # noqa: SLF001 - see above
    numbers = Counter(map(partial(bisect_left, bounds), values))
    histogram._sum.inc(sum(values))  # noqa: SLF001 - see above
    for place, number in numbers.items():
        histogram._buckets[place].inc(number)  # noqa: SLF001 - see above


def attach_exemplar(histogram: Histogram, value: float, trace_id: str) -> None:
    """Name a trace of which `value` was one, beside the values of its bucket.

    The files that several workers share have no place for it.
    """
    place = bisect_left(histogram._upper_bounds, value)  # noqa: SLF001 - see above
    exemplar = Exemplar({"trace_id": trace_id}, value, time())
    histogram._buckets[place].set_exemplar(exemplar)  # noqa: SLF001 - see above
