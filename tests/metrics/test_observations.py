"""What is counted, how percentiles are taken, and that names do not grow without end."""

import pytest
from prometheus_client import REGISTRY

from metrics.observations import OTHER, Observations, Outcome, Timing


def exposed(name: str, **labels: str) -> float | None:
    """A sample of this process's metrics."""
    return REGISTRY.get_sample_value(name, labels)


@pytest.mark.parametrize(
    ("seconds", "share", "expected"),
    [
        ([], 0.5, 0.0),
        ([0.3], 0.99, 0.3),
        ([0.2, 0.1], 0.5, 0.1),
        ([0.2, 0.1], 0.51, 0.2),
        ([i / 100 for i in range(100, 0, -1)], 0.95, 0.95),
        ([i / 100 for i in range(100, 0, -1)], 0.99, 0.99),
        ([i / 100 for i in range(100, 0, -1)], 1.0, 1.0),
        ([i / 100 for i in range(100, 0, -1)], 0.0, 0.01),
    ],
)
def test_a_percentile_is_a_duration_that_was_measured(
    seconds: list[float], share: float, expected: float
) -> None:
    timing = Timing()
    for one in seconds:
        timing.add(one)
    assert timing.percentile(share) == expected


def test_totals_are_of_the_whole_life_and_percentiles_of_the_newest() -> None:
    timing = Timing()
    for seconds in (8.0, *[0.5] * 1_024):
        timing.add(seconds)
    assert (timing.count, timing.total, timing.longest) == (1_025, 520.0, 8.0)
    assert timing.percentile(1.0) == 0.5


def test_operations_are_counted_by_outcome_and_the_refused_do_not_count_as_quick() -> None:
    observations = Observations()
    for outcome, statements in zip(Outcome, (3, 1, 0, 2), strict=True):
        observations.operation("Counted", 0.25, statements=statements, outcome=outcome)
    ((name, record),) = observations.operations()
    assert name == "Counted"
    assert (record.requests, record.errors, record.protected) == (4, 1, 1)
    assert (record.statements_max, record.timing.count) == (3, 3)
    assert exposed("guidance_operation_seconds_count", operation="Counted") == 3
    assert exposed("guidance_operation_seconds_sum", operation="Counted") == 0.75
    for outcome in Outcome:
        labels = {"operation": "Counted", "outcome": outcome.value}
        assert exposed("guidance_operations_total", **labels) == 1


def test_names_beyond_the_first_500_are_counted_together() -> None:
    observations = Observations()
    for number in range(502):
        observations.operation(f"Named{number}", 0.1, statements=0, outcome=Outcome.OK)
    observations.operation("Named0", 0.1, statements=0, outcome=Outcome.OK)
    records = dict(observations.operations())
    assert len(records) == 501
    assert (records["Named0"].requests, records[OTHER].requests) == (2, 2)
    assert exposed("guidance_operation_seconds_count", operation="Named500") is None


def test_the_slowest_methods_are_those_that_took_most_in_all() -> None:
    observations = Observations()
    for method, seconds in (("often", 0.2), ("once", 0.3), ("often", 0.2), ("rarely", 0.1)):
        observations.statement(method, seconds, 1)
    slowest = observations.slowest_methods(2)
    assert [(method, timing.count) for method, timing in slowest] == [("often", 2), ("once", 1)]
    assert exposed("guidance_statement_seconds_count", method="often") == 2
