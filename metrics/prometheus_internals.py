"""The undocumented parts of prometheus-client that we use: the buckets of a histogram.

Its `observe` looks for the bucket in Python and takes two locks, for every value: 15 of 220 calls
of a request under load. Of values that are flushed together each bucket takes one lock. What is
relied on is tested in test_prometheus_internals.py; `pyproject.toml` bounds the version.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import partial

from prometheus_client import Histogram


def observe_all(histogram: Histogram, values: Sequence[float]) -> None:
    """Observe values as `Histogram.observe` does; the histogram has no labels, or is one child."""
    if not values:
        return
    bounds = histogram._upper_bounds  # noqa: SLF001 - see above
    numbers = Counter(map(partial(bisect_left, bounds), values))
    histogram._sum.inc(sum(values))  # noqa: SLF001 - see above
    for place, number in numbers.items():
        histogram._buckets[place].inc(number)  # noqa: SLF001 - see above
