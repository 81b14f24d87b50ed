"""What two runs come to: slower, noise, or not comparable; and what explains it."""

import pytest

from perf.cli.exit_status import ExitStatus
from perf.comparisons.report import words
from perf.comparisons.report.comparison.compare import (
    ChangeKind,
    Comparison,
    PercentileChange,
    compare,
)
from perf.load.results.report import LoadReport
from tests.perf.comparisons.report.sample_reports import made_up, on_another_machine

pytestmark = pytest.mark.heavy

PAGE = "ConversationPage"


def changes(comparison: Comparison) -> dict[str, ChangeKind]:
    return {one.name: one.change for one in comparison.operations}


@pytest.mark.parametrize("seed", range(2, 12))
def test_the_same_version_twice_differs_by_noise_alone(seed: int) -> None:
    comparison = compare(made_up(), made_up(seed=seed, day=1))
    assert changes(comparison) == {"Quota": ChangeKind.NOISE, PAGE: ChangeKind.NOISE}
    assert comparison.outcome is ExitStatus.NO_REGRESSION
    assert list(words.findings(comparison)) == []


def test_a_slowdown_of_a_fifth_is_caught_and_named() -> None:
    comparison = compare(made_up(), made_up({PAGE: 1.2}, seed=2, day=1, database_ms=6.0))
    assert changes(comparison) == {"Quota": ChangeKind.NOISE, PAGE: ChangeKind.SLOWER}
    assert comparison.outcome is ExitStatus.REGRESSION
    slower, why = words.findings(comparison)
    assert slower.startswith("ConversationPage is slower: p50 20.")
    assert why == (
        "ConversationPage: conversations.page_by_user takes 6.1 ms of a request instead of 2.1 "
        "(a call: 6.00 ms in the database and 0.10 ms waiting for a connection, before 2.00 and "
        "0.10)."
    )


def test_a_method_that_runs_once_a_row_is_named() -> None:
    comparison = compare(made_up(), made_up({PAGE: 2}, seed=2, day=1, calls=21))
    said = list(words.findings(comparison))
    assert (
        "ConversationPage: conversations.page_by_user ran 1 times a request, and runs 21 times now."
    ) in said


def agreeing(calls: float) -> LoadReport:
    run = made_up()
    agreed = {"python_calls": calls, "rows": 2}
    quota = run.operations["Quota"].model_copy(update={"agreed": agreed})
    return run.model_copy(update={"operations": run.operations | {"Quota": quota}})


def test_what_is_agreed_otherwise_than_before_comes_before_any_time() -> None:
    slower = made_up({PAGE: 2}, seed=2, day=1)
    current = slower.model_copy(
        update={"operations": slower.operations | {"Quota": agreeing(360).operations["Quota"]}}
    )
    said = list(words.findings(compare(agreeing(348), current)))
    assert said[0] == "Quota: 360 calls of functions in Python are agreed instead of 348."
    assert said[1].startswith(f"{PAGE} is slower: ")
    assert list(words.findings(compare(made_up(), agreeing(360)))) == []


def test_a_wait_for_a_connection_is_named() -> None:
    comparison = compare(made_up(), made_up({PAGE: 2}, seed=2, day=1, wait_ms=18.0))
    assert any("18.00 ms waiting for a connection" in one for one in words.findings(comparison))


def test_what_no_statement_explains_is_said() -> None:
    comparison = compare(made_up(), made_up({PAGE: 2}, seed=2, day=1))
    *_, why = words.findings(comparison)
    assert why.startswith("ConversationPage: statements account for +0.0 ms of +19.4 ms")
    assert "the server's own work" in why


def test_a_target_that_is_missed_now_is_a_regression() -> None:
    comparison = compare(made_up(), made_up({PAGE: 30}, seed=2, day=1))
    assert [one.name for one in comparison.newly_missed] == ["p95 of reads", "p99 of reads"]
    (page,) = (one for one in comparison.operations if one.name == PAGE)
    assert [one.name for one in page.newly_missed] == ["p95", "p99"]


def test_what_is_faster_is_no_regression() -> None:
    comparison = compare(made_up({PAGE: 1.5}), made_up(seed=2, day=1))
    assert changes(comparison)[PAGE] is ChangeKind.FASTER
    assert comparison.outcome is ExitStatus.NO_REGRESSION


def test_runs_on_different_machines_are_not_compared() -> None:
    before = made_up()
    comparison = compare(before, on_another_machine(made_up({PAGE: 5}, day=1)))
    assert comparison.outcome is ExitStatus.NOT_COMPARABLE
    assert list(words.findings(comparison)) == [
        f"processor: {before.host.processor} in the baseline, faster now"
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("profile", "stress"), ("data", "other data"), ("mix", {"Quota": 1})]
)
def test_runs_of_something_else_are_not_compared(name: str, value: object) -> None:
    other = made_up(day=1).model_copy(update={name: value})
    comparison = compare(made_up(), other)
    assert comparison.outcome is ExitStatus.NOT_COMPARABLE
    assert [one.partition(":")[0] for one in comparison.differences] == [name]


def test_a_certain_but_small_change_is_not_worth_a_word() -> None:
    assert PercentileChange(100, 105, 0.02, 0.08).change is ChangeKind.NOISE
    assert PercentileChange(100, 115, 0.02, 0.28).change is ChangeKind.SLOWER
    assert PercentileChange(100, 115, -0.02, 0.28).change is ChangeKind.NOISE
    assert PercentileChange(100, 115, None, None).change is ChangeKind.NOISE
