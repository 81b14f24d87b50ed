"""Billing periods: months counted from an anchor, in UTC.

A period begins on the anchor's day of the month, or on the last day of a month without that day:
an anchor on January 31 gives February 28, March 31, April 30. Its time of day is the anchor's.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime

_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Period:
    """The time from `start` until just before `end`."""

    start: datetime
    end: datetime


def add_months(anchor: datetime, months: int) -> datetime:
    """The instant `months` after an anchor, on its day or the last day of a shorter month."""
    moment = anchor.astimezone(UTC)
    years, month = divmod(moment.month - 1 + months, _MONTHS)
    year = moment.year + years
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def period_from(anchor: datetime, start: datetime) -> Period:
    """The period that begins at `start`, which is the anchor or a whole number of months after."""
    return Period(start, add_months(anchor, _months_between(anchor, start) + 1))


def period_containing(anchor: datetime, now: datetime) -> Period:
    """The period in which `now` lies; that of the anchor if `now` is before it."""
    months = max(0, _months_between(anchor, now))
    if months and add_months(anchor, months) > now:
        months -= 1
    return Period(add_months(anchor, months), add_months(anchor, months + 1))


def _months_between(anchor: datetime, moment: datetime) -> int:
    """The difference of the calendar months: as days are only ever cut, this is exact."""
    one, other = anchor.astimezone(UTC), moment.astimezone(UTC)
    return (other.year - one.year) * _MONTHS + other.month - one.month
