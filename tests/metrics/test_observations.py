"""What is counted of operations, and that their names do not grow without end."""

from prometheus_client import REGISTRY

from metrics.observations import OTHER, Observations, Outcome


def exposed(name: str, **labels: str) -> float | None:
    """A sample of this process's metrics."""
    return REGISTRY.get_sample_value(name, labels)


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
