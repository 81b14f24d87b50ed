"""Retries are a part of the calls, plus a few."""

from hypothesis import given
from hypothesis import strategies as st

from clients.llm.resilience.retry_budget import RetryBudget

SHARE, FLOOR, WINDOW = 0.2, 3, 10.0
steps = st.lists(st.tuples(st.sampled_from(["call", "retry"]), st.floats(0, 4)), max_size=300)


def new_budget() -> RetryBudget:
    return RetryBudget(share=SHARE, floor=FLOOR, window_seconds=WINDOW)


def taken(budget: RetryBudget, wanted: int, now: float) -> int:
    return sum(budget.try_spend_retry(now) for _ in range(wanted))


def test_a_process_with_little_to_do_has_the_floor() -> None:
    budget = new_budget()
    budget.record_call(0)
    assert taken(budget, 10, 0) == FLOOR


def test_a_busy_process_has_a_part_of_its_calls_more() -> None:
    budget = new_budget()
    for _ in range(100):
        budget.record_call(0)
    assert taken(budget, 100, 0) == 20 + FLOOR


def test_a_window_later_everything_is_forgotten() -> None:
    budget = new_budget()
    for _ in range(100):
        budget.record_call(0)
    taken(budget, 100, 0)
    assert taken(budget, 1, 9.9) == 0
    assert taken(budget, 100, 10) == FLOOR


@given(steps)
def test_whenever_one_is_taken_no_window_has_more_than_its_part(
    steps: list[tuple[str, float]],
) -> None:
    budget = new_budget()
    calls: list[float] = []
    retries: list[float] = []
    now = 0.0
    for kind, later in steps:
        now += later
        if kind == "call":
            budget.record_call(now)
            calls.append(now)
            continue
        in_window = [sum(time > now - WINDOW for time in times) for times in (calls, retries)]
        is_allowed = in_window[1] + 1 <= FLOOR + SHARE * in_window[0]
        assert budget.try_spend_retry(now) == is_allowed
        if is_allowed:
            retries.append(now)
