"""Values that are observed together are counted as if each had been observed by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from metrics.prometheus_internals import observe_all

BOUNDS = (0.1, 0.5, 2.0)
VALUES = st.sampled_from(BOUNDS) | st.floats(0, 5)


def histogram(*labels: str) -> Histogram:
    return Histogram("seconds", "Seconds.", labels, buckets=BOUNDS, registry=CollectorRegistry())


def counted(one: Histogram) -> dict[tuple[str, str], float]:
    (metric,) = one.collect()
    return {
        (sample.name, sample.labels.get("le", "")): sample.value
        for sample in metric.samples
        if not sample.name.endswith("_created")
    }


@given(st.lists(VALUES, max_size=20))
def test_it_counts_as_the_library_does(values: list[float]) -> None:
    together, one_by_one = histogram(), histogram()
    observe_all(together, values)
    for value in values:
        one_by_one.observe(value)
    found, expected = counted(together), counted(one_by_one)
    assert found.pop(("seconds_sum", "")) == pytest.approx(expected.pop(("seconds_sum", "")))
    assert found == expected


def test_a_child_is_counted_by_itself() -> None:
    family = histogram("method")
    observe_all(family.labels("a"), [0.1, 7.0])
    family.labels("b")
    (metric,) = family.collect()
    sums = {one.labels["method"]: one.value for one in metric.samples if one.name == "seconds_sum"}
    assert sums == {"a": pytest.approx(7.1), "b": 0}
