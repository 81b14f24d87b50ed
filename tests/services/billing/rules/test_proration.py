"""What changes of plan cost: whatever the sequence, what is charged is what the time costs."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.billing.rules.periods import Period, period_from
from services.billing.rules.proration import (
    Difference,
    Segment,
    charged_at_once,
    charged_at_renewal,
    cost_cents,
    difference,
)

FEBRUARY = Period(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
BASIC, PREMIUM = 500, 2_000
MICROSECOND = timedelta(microseconds=1)
HALF = Fraction(1, 2)

periods = st.datetimes(
    datetime(2023, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2029, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
).map(lambda anchor: period_from(anchor, anchor))
prices = st.integers(0, 100_000)
shares = st.floats(0, 1)


def after(days: float) -> datetime:
    return FEBRUARY.start + timedelta(days=days)


def paid_by(
    changes: list[tuple[Fraction, int]], period: Period, first: int
) -> tuple[int, Fraction]:
    """What is charged over a sequence of changes, and what the time costs exactly."""
    length = period.end - period.start
    segments = [Segment(period.start, first)]
    charged = first
    for share, price in sorted(changes, key=lambda change: change[0]):
        at = period.start + MICROSECOND * int(share * (length // MICROSECOND))
        charged += difference(period, segments, price, at).due_cents
        segments.append(Segment(at, price))
    ends = [*(one.since for one in segments[1:]), period.end]
    exact = sum(
        (
            Fraction(one.price_cents * ((end - one.since) // MICROSECOND), length // MICROSECOND)
            for one, end in zip(segments, ends, strict=True)
        ),
        Fraction(),
    )
    return charged, exact


@given(
    period=periods,
    first=prices,
    changes=st.lists(st.tuples(shares.map(Fraction), prices), max_size=30),
)
@example(period=FEBRUARY, first=BASIC, changes=[(HALF, PREMIUM), (HALF, BASIC), (HALF, PREMIUM)])
def test_what_is_charged_is_what_the_time_costs(
    period: Period, first: int, changes: list[tuple[Fraction, int]]
) -> None:
    charged, exact = paid_by(changes, period, first)
    assert exact - HALF < charged <= exact + HALF


@given(
    period=periods,
    first=prices,
    changes=st.lists(st.tuples(shares.map(Fraction), prices), max_size=30),
    least=st.integers(1, 20_000),
    renewal=prices,
)
def test_what_is_charged_in_amounts_that_can_be_is_the_same_but_for_what_is_carried(
    *,
    period: Period,
    first: int,
    changes: list[tuple[Fraction, int]],
    least: int,
    renewal: int,
) -> None:
    """Dearer plans at once, as `changePlan` does it; what is left is on the next invoice."""
    length = (period.end - period.start) // MICROSECOND
    segments, amounts = [Segment(period.start, first)], []
    for share, step in sorted(changes, key=lambda change: change[0]):
        price = segments[-1].price_cents + step
        at = period.start + MICROSECOND * int(share * length)
        owed = segments[-1].carried_cents + difference(period, segments, price, at).due_cents
        charged = charged_at_once(owed, least)
        amounts.append(charged)
        segments.append(Segment(at, price, owed - charged))
    left = segments[-1].carried_cents
    assert 0 <= left < least
    assert all(amount == 0 or amount >= least for amount in amounts)
    assert first + sum(amounts) + left == cost_cents(period, segments)
    next_ = charged_at_renewal(renewal, left, least)
    assert next_ == renewal + left or (next_ == renewal and renewal + left < least)


@given(period=periods, share=shares, plans=st.lists(prices, min_size=1, max_size=9))
def test_changes_within_one_instant_come_to_the_last_of_them(
    period: Period, share: float, plans: list[int]
) -> None:
    at = Fraction(share)
    straight, _ = paid_by([(at, plans[-1])], period, PREMIUM)
    roundabout, _ = paid_by([(at, price) for price in plans], period, PREMIUM)
    assert roundabout == straight
    there_and_back, _ = paid_by([*((at, price) for price in plans), (at, PREMIUM)], period, PREMIUM)
    assert there_and_back == PREMIUM


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (after(0), Difference(charge_cents=2_000, credit_cents=-500)),
        (after(14), Difference(charge_cents=1_000, credit_cents=-250)),
        (after(27), Difference(charge_cents=72, credit_cents=-18)),
        (FEBRUARY.end, Difference(charge_cents=0, credit_cents=0)),
        (FEBRUARY.end + timedelta(days=3), Difference(charge_cents=0, credit_cents=0)),
    ],
)
def test_what_is_left_is_charged_and_credited(at: datetime, due: Difference) -> None:
    assert difference(FEBRUARY, [Segment(FEBRUARY.start, BASIC)], PREMIUM, at) == due


def test_a_clock_that_went_back_charges_nothing_twice() -> None:
    segments = [Segment(FEBRUARY.start, BASIC), Segment(after(14), PREMIUM)]
    assert difference(FEBRUARY, segments, BASIC, after(7)).due_cents == -750
    assert difference(FEBRUARY, segments, PREMIUM, after(7)).due_cents == 0


def test_half_a_cent_is_rounded_up_once() -> None:
    segments = [Segment(FEBRUARY.start, 0), Segment(after(14), 1)]
    assert cost_cents(FEBRUARY, segments) == 1
    assert cost_cents(FEBRUARY, [*segments, Segment(after(14), 2)]) == 1
