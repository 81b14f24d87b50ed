"""What is due with a subscription, what holds of it, and how dunning goes on, at every instant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.states import SubscriptionStatus
from services.billing.records import SubscriptionState
from services.billing.rules import lifecycle
from services.billing.rules.dunning import action_deadline, next_attempt
from services.billing.rules.lifecycle import DueStep, as_of, due_step

BEGAN = datetime(2026, 1, 31, 12, tzinfo=UTC)
END = datetime(2026, 2, 28, 12, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
PAID = lifecycle.activated(lifecycle.started("basic"), "basic", 500, BEGAN)
PAST_DUE = lifecycle.renewal_failed(PAID, "card_declined", END, WEEK)
FROM_BEFORE = SubscriptionState(SubscriptionStatus.ACTIVE, "basic", started_at=BEGAN)


def test_a_paid_month_is_renewed_from_the_anchor() -> None:
    assert (PAID.period_start, PAID.period_end, PAID.due_at) == (BEGAN, END, END)
    renewed = lifecycle.renewed(PAID, "basic", 600)
    third = lifecycle.renewed(renewed, "basic", 600)
    assert (renewed.period_start, renewed.period_end) == (END, BEGAN.replace(month=3))
    assert (third.period_end, third.period_price_cents) == (BEGAN.replace(month=4, day=30), 600)


@pytest.mark.parametrize(
    ("state", "now", "step"),
    [
        (PAID, END - timedelta(microseconds=1), DueStep.NOTHING),
        (PAID, END, DueStep.CHARGE),
        (PAID, END + 400 * DAY, DueStep.CHARGE),
        (replace(PAID, cancel_at_period_end=True), END, DueStep.END),
        (FROM_BEFORE, BEGAN, DueStep.ADOPT),
        (PAST_DUE, END, DueStep.NOTHING),
        (PAST_DUE, END + DAY, DueStep.CHARGE),
        (PAST_DUE, END + WEEK, DueStep.CHARGE),
        (PAST_DUE, END + WEEK + timedelta(hours=1), DueStep.CHARGE),
        (PAST_DUE, END + WEEK + timedelta(hours=2), DueStep.END),
        (lifecycle.ended(PAID), END + DAY, DueStep.NOTHING),
        (lifecycle.started("basic"), END, DueStep.NOTHING),
    ],
)
def test_what_is_due(state: SubscriptionState, now: datetime, step: DueStep) -> None:
    assert due_step(state, now) is step


@pytest.mark.parametrize(
    ("grace_days", "days"),
    [
        (0, []),
        (1, [1]),
        (2, [1, 2]),
        (5, [1, 3, 5]),
        (7, [1, 3, 5, 7]),
        (14, [1, 3, 5, 7, 14]),
    ],
)
def test_a_failed_renewal_is_repeated_until_the_grace_is_over(
    grace_days: int, days: list[int]
) -> None:
    """On day 2 and day 14 it ends without another charge."""
    state, now, acted = PAID, END, []
    while True:
        state = lifecycle.renewal_failed(state, "card_declined", now, timedelta(days=grace_days))
        if state.status is not SubscriptionStatus.PAST_DUE:
            break
        assert state.due_at is not None
        now = state.due_at
        acted.append((now - END).days)
        if due_step(state, now) is DueStep.END:
            state = lifecycle.ended(state)
            break
    assert acted == days
    assert (state.status, state.due_at, state.grace_ends_at) == (
        SubscriptionStatus.INACTIVE,
        None,
        None,
    )


def test_a_worker_that_was_away_repeats_once_and_goes_on() -> None:
    late = END + timedelta(days=5, hours=3)
    assert due_step(PAST_DUE, late) is DueStep.CHARGE
    again = lifecycle.renewal_failed(PAST_DUE, "card_declined", late, WEEK)
    assert (again.due_at, again.grace_ends_at) == (END + WEEK, END + WEEK)


def test_what_lapses_holds_without_the_worker() -> None:
    moment = timedelta(microseconds=1)
    cancelled = replace(PAID, cancel_at_period_end=True)
    assert as_of(cancelled, END - moment) == cancelled
    assert as_of(cancelled, END) == lifecycle.ended(cancelled)
    assert as_of(PAST_DUE, END + WEEK - moment) == PAST_DUE
    assert as_of(PAST_DUE, END + WEEK).status is SubscriptionStatus.INACTIVE
    assert as_of(PAID, END + 400 * DAY) == PAID


def test_a_subscription_from_before_has_the_month_under_way() -> None:
    now = datetime(2026, 11, 30, 18, tzinfo=UTC)
    state = as_of(FROM_BEFORE, now)
    assert (state.anchor_at, state.period_start, state.period_end, state.due_at) == (
        BEGAN,
        BEGAN.replace(month=11, day=30),
        BEGAN.replace(month=12),
        BEGAN.replace(month=12),
    )
    assert due_step(state, now) is DueStep.NOTHING


def test_a_trial_is_followed_by_its_first_month() -> None:
    trial = lifecycle.trial_started(lifecycle.started("basic"), "basic", BEGAN, BEGAN + 14 * DAY)
    assert (trial.period_end, trial.trial_ends_at, trial.period_price_cents) == (
        BEGAN + 14 * DAY,
        BEGAN + 14 * DAY,
        0,
    )
    paid = lifecycle.renewed(trial, "basic", 500)
    assert (paid.period_start, paid.period_end) == (
        BEGAN + 14 * DAY,
        datetime(2026, 3, 14, 12, tzinfo=UTC),
    )


@given(
    grace=st.timedeltas(timedelta(seconds=1), timedelta(days=90)),
    passed=st.timedeltas(timedelta(), timedelta(days=90)),
)
def test_the_next_attempt_is_ahead_and_within_the_grace(
    grace: timedelta, passed: timedelta
) -> None:
    end = END + grace
    attempt = next_attempt(END, end, END + passed)
    assert attempt <= end
    assert attempt > END + passed or attempt == end
    deadline = action_deadline(END + passed, end)
    assert deadline is None or END + passed < deadline <= end
