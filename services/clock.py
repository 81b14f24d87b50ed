"""The clock, passed in as a collaborator so that tests can set the time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Gives the current instant, aware and in UTC."""


def system_clock() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


def next_month(day: date) -> date:
    """The first day of the month after that of `day`."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def next_midnight(instant: datetime) -> datetime:
    """The end of the UTC day that `instant` is in."""
    return datetime.combine(instant.date() + timedelta(days=1), time(), UTC)
