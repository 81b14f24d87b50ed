"""What is counted of operations, against what is agreed, and that names do not grow without end."""

from dataclasses import dataclass

import pytest
from prometheus_client import REGISTRY

from metrics.observations import OTHER, Observations, OperationSample, Outcome


@dataclass(frozen=True)
class Agreement:
    p95_ms: int = 100
    p99_ms: int = 300
    deadline_ms: int = 600
    statements: int | None = 2
    cost: int | None = 10


AGREED = Agreement()
NOTHING = Agreement(statements=None, cost=None)


def observed(
    operation: str,
    seconds: float = 0.05,
    *,
    statements: int = 2,
    cost: int = 10,
    outcome: Outcome = Outcome.OK,
) -> OperationSample:
    return OperationSample(operation, seconds, statements, cost, outcome)


def exposed(name: str, **labels: str) -> float | None:
    """A sample of this process's metrics."""
    return REGISTRY.get_sample_value(name, labels)


def test_operations_are_counted_by_outcome_and_what_did_not_run_does_not_count_as_quick() -> None:
    observations = Observations()
    for outcome, statements in zip(Outcome, (3, 1, 0, 2), strict=True):
        one = observed("Counted", 0.25, statements=statements, cost=7, outcome=outcome)
        observations.operation(one, NOTHING)
    ((name, record),) = observations.operations()
    assert name == "Counted"
    assert (record.requests, record.errors, record.protected) == (4, 1, 1)
    assert (record.statements_max, record.timing.count) == (3, 2)
    assert exposed("guidance_operation_seconds_count", operation="Counted", kind="query") is None, (
        "not told yet"
    )
    observations.flush()
    observations.flush()
    assert exposed("guidance_operation_seconds_count", operation="Counted", kind="query") == 2
    assert exposed("guidance_operation_seconds_sum", operation="Counted", kind="query") == 0.5
    assert exposed("guidance_operation_statements_total", operation="Counted") == 6
    assert exposed("guidance_operation_cost_total", operation="Counted") == 28
    for outcome in Outcome:
        labels = {"operation": "Counted", "outcome": outcome.value}
        assert exposed("guidance_operations_total", **labels) == 1


@pytest.mark.parametrize(
    ("one", "over"),
    [
        (observed("Over", 0.1), []),
        (observed("Over", 0.2), [("p95_ms", 200.0, 100)]),
        (observed("Over", 0.5), [("p95_ms", 500.0, 100), ("p99_ms", 500.0, 300)]),
        (
            observed("Over", 0.7),
            [("p95_ms", 700.0, 100), ("p99_ms", 700.0, 300), ("deadline_ms", 700.0, 600)],
        ),
        (observed("Over", statements=3), [("statements", 3, 2)]),
        (observed("Over", statements=1), []),
        (observed("Over", cost=11), [("cost", 11, 10)]),
        (observed("Over", 0.5, outcome=Outcome.PROTECTED), []),
        (observed("Over", 0.2, outcome=Outcome.SERVER_ERROR), [("p95_ms", 200.0, 100)]),
    ],
)
def test_what_is_exceeded_is_named_with_what_is_agreed(
    one: OperationSample, over: list[tuple[str, float, int]]
) -> None:
    before = {
        number: exposed("guidance_operation_over_budget_total", operation="Over", number=number)
        for number, _, _ in over
    }
    assert Observations().operation(one, AGREED) == over
    for number, count in before.items():
        labels = {"operation": "Over", "number": number}
        assert exposed("guidance_operation_over_budget_total", **labels) == (count or 0) + 1


def test_nothing_is_exceeded_of_what_is_not_agreed() -> None:
    assert observed("Free", statements=1_000, cost=1_000).over(NOTHING) == []


def test_names_beyond_the_first_500_are_counted_together() -> None:
    observations = Observations()
    for number in range(502):
        observations.operation(observed(f"Named{number}"), NOTHING)
    observations.operation(observed("Named0"), NOTHING)
    records = dict(observations.operations())
    assert len(records) == 501
    assert (records["Named0"].requests, records[OTHER].requests) == (2, 2)
    observations.flush()
    assert exposed("guidance_operation_seconds_count", operation="Named499", kind="query") == 1
    assert exposed("guidance_operation_seconds_count", operation="Named500", kind="query") is None


def test_an_outcome_that_has_not_happened_is_zero_and_not_missing() -> None:
    observations = Observations()
    observations.operation(observed("Begun", 0.1), NOTHING)
    observations.flush()
    assert exposed("guidance_operations_total", operation="Begun", outcome="server_error") == 0


def test_what_fails_now_is_not_diluted_by_a_long_life() -> None:
    observations = Observations()
    good, failed = observed("Aged"), observed("Aged", outcome=Outcome.SERVER_ERROR)
    for _ in range(10_000):
        observations.operation(good, NOTHING)
    ((_, record),) = observations.operations()
    assert record.error_share == 0
    for _ in range(32):
        observations.operation(failed, NOTHING)
    observations.add_up()
    # 32 of the newest 1024, and of all only 0.3%.
    assert record.error_share == 0.03125
    for _ in range(1_024):
        observations.operation(good, NOTHING)
    observations.add_up()
    assert record.error_share == 32 / 11_056


def test_of_what_was_refused_alone_no_share_of_errors_is_known() -> None:
    observations = Observations()
    observations.operation(observed("Refused", outcome=Outcome.PROTECTED), NOTHING)
    ((_, record),) = observations.operations()
    assert (record.requests, record.error_share) == (1, None)
