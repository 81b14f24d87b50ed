"""Periods: anchored at a day of the month, through short months and leap years."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.rules.periods import (
    Period,
    add_months,
    period_containing,
    period_from,
)

anchors = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2100, 12, 31),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)


def on(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("anchor", "starts"),
    [
        (
            on(2026, 1, 31),
            [on(2026, 2, 28), on(2026, 3, 31), on(2026, 4, 30), on(2026, 5, 31)],
        ),
        (on(2024, 1, 30), [on(2024, 2, 29), on(2024, 3, 30)]),
        (on(2024, 2, 29), [on(2024, 3, 29), on(2024, 4, 29)]),
        (on(2026, 11, 15), [on(2026, 12, 15), on(2027, 1, 15)]),
    ],
)
def test_a_short_month_ends_on_its_last_day_and_shortens_no_other(
    anchor: datetime, starts: list[datetime]
) -> None:
    assert [add_months(anchor, number + 1) for number in range(len(starts))] == starts


def test_february_29_comes_back_every_four_years() -> None:
    anchor = on(2024, 2, 29)
    ends = [add_months(anchor, 12 * years).day for years in range(1, 5)]
    assert ends == [28, 28, 28, 29]


@given(anchor=anchors, months=st.integers(1, 600))
def test_periods_follow_each_other_without_a_gap(anchor: datetime, months: int) -> None:
    start = add_months(anchor, months)
    before, after = add_months(anchor, months - 1), period_from(anchor, start)
    assert period_from(anchor, before).end == start == after.start
    assert timedelta(days=28) <= after.end - after.start <= timedelta(days=31)
    assert start.day == min(anchor.day, monthrange(start.year, start.month)[1])
    assert start.timetz() == anchor.timetz()


@given(anchor=anchors, after=st.timedeltas(timedelta(), timedelta(days=20_000)))
def test_every_instant_lies_in_one_period(anchor: datetime, after: timedelta) -> None:
    now = anchor + after
    period = period_containing(anchor, now)
    assert period.start <= now < period.end
    assert period == period_from(anchor, period.start)


def test_the_time_before_an_anchor_belongs_to_its_first_period() -> None:
    anchor = on(2026, 3, 31)
    first = Period(anchor, on(2026, 4, 30))
    assert period_containing(anchor, anchor - timedelta(days=400)) == first
    assert period_containing(anchor, anchor) == first


def test_the_zone_of_an_instant_makes_no_difference() -> None:
    east = timezone(timedelta(hours=14))
    anchor = on(2026, 1, 31)
    starts = [add_months(anchor.astimezone(east), number) for number in range(14)]
    assert starts == [add_months(anchor, number) for number in range(14)]
    assert all(one < other for one, other in pairwise(starts))
