"""What becomes of events without an answer, and what a month costs."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.states import InvoiceLineKind, MeterEventStatus
from services.enterprise.billing.rules import (
    SentEvent,
    SettledDay,
    Terms,
    is_carried,
    month_lines,
    next_attempt_at,
    settle_day,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=2)
UNKNOWN_AFTER = timedelta(hours=25)
TAKEN, SENT, PENDING = MeterEventStatus.TAKEN, MeterEventStatus.SENT, MeterEventStatus.PENDING


def settled(events: list[SentEvent], counted: int) -> SettledDay | None:
    return settle_day(events, counted, now=NOW, unknown_after=UNKNOWN_AFTER)


@given(st.integers(0, 20), st.integers(0, 20), st.data())
def test_what_the_meter_lacks_is_sent_anew(taken: int, unknown: int, data: st.DataObject) -> None:
    counted = data.draw(st.integers(taken, taken + unknown))
    events = [
        *(SentEvent(one, TAKEN, LONG_AGO, LONG_AGO) for one in range(taken)),
        *(SentEvent(100 + one, SENT, LONG_AGO, None) for one in range(unknown)),
        SentEvent(999, PENDING, None, None),
    ]
    found = settled(events, counted)
    assert found is not None
    assert len(found.taken) == counted - taken
    assert sorted(found.taken + found.not_taken) == [100 + one for one in range(unknown)]


@pytest.mark.parametrize(
    "changing",
    [
        SentEvent(7, SENT, NOW - timedelta(hours=24), None),
        SentEvent(7, TAKEN, LONG_AGO, NOW - timedelta(minutes=59)),
    ],
)
def test_a_day_that_may_still_change_is_left_alone(changing: SentEvent) -> None:
    assert settled([SentEvent(1, SENT, LONG_AGO, None), changing], 0) is None


def test_a_meter_that_counts_too_little_or_too_much_settles_no_more_than_there_is() -> None:
    events = [SentEvent(1, TAKEN, LONG_AGO, LONG_AGO), SentEvent(2, SENT, LONG_AGO, None)]
    assert settled(events, 0) == SettledDay((), (2,))
    assert settled(events, 9) == SettledDay((2,), ())


def test_the_lines_of_a_month() -> None:
    terms = Terms(1, "EUR", 10_000, 7, date(2026, 12, 1), "cus")
    period, overage = month_lines(terms, 3)
    assert (period.kind, period.amount_cents) == (InvoiceLineKind.PERIOD, 10_000)
    assert (overage.kind, overage.quantity, overage.amount_cents) == (
        InvoiceLineKind.OVERAGE,
        3,
        21,
    )
    assert (overage.period_start, overage.period_end) == (
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert month_lines(Terms(1, "EUR", 0, 7, date(2026, 12, 1), "cus"), 0) == []
    (free,) = month_lines(Terms(1, "EUR", 0, 0, date(2026, 12, 1), "cus"), 5)
    assert (free.kind, free.quantity, free.amount_cents) == (InvoiceLineKind.OVERAGE, 5, 0)


def test_payments_are_tried_five_times_in_a_week() -> None:
    days = [next_attempt_at(NOW, attempts) for attempts in range(1, 6)]
    assert days == [*(NOW + timedelta(days=day) for day in (1, 3, 5, 7)), None]


@pytest.mark.parametrize(
    ("calls", "currency", "carried"),
    [(0, "EUR", False), (1, "EUR", True), (7, "EUR", True), (8, "EUR", False), (5, "GBP", False)],
)
def test_a_month_that_is_too_little_to_be_charged_is_carried(
    calls: int, currency: str, *, carried: bool
) -> None:
    lines = month_lines(Terms(1, currency, 0, 7, date(2026, 12, 1), "cus"), calls)
    assert is_carried(lines, currency) == carried
