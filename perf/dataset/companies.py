"""Generated companies and their daily usage."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from perf.dataset.rows import AccountRow, DailyUsageRow

_FOUNDED_BEFORE = timedelta(days=400)
_WORKDAY_REQUESTS, _WEEKEND_REQUESTS = (120, 420), (0, 60)
_SATURDAY = 5


def accounts(count: int, now: datetime) -> Iterator[AccountRow]:
    """Accounts 1 to `count`, each administered by the user of the same number."""
    for key in range(1, count + 1):
        yield AccountRow(key, f"Company {key}", key, now - _FOUNDED_BEFORE)


def daily_usages(account_count: int, now: datetime, *, days: int) -> Iterator[DailyUsageRow]:
    """Usage of each account on the last `days` days including today; low on weekends."""
    random = Random("usage")
    for place in range(account_count * days):
        account, index = divmod(place, days)
        day = now.date() - timedelta(days=days - 1 - index)
        spread = _WEEKEND_REQUESTS if day.weekday() >= _SATURDAY else _WORKDAY_REQUESTS
        yield DailyUsageRow(place + 1, account + 1, day, random.randint(*spread))
