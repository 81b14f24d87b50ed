"""How much of their contracts companies have used."""

from collections import defaultdict
from datetime import date, datetime
from typing import NamedTuple

from db.database import Database
from db.queries.enterprise import enterprise_accounts
from db.row import Row
from loaders.batching.loader import Loader
from services.clock import next_midnight
from services.enterprise.records import Usage, UsageContract


def usage_by_account(
    database: Database, contract: UsageContract, now: datetime
) -> Loader[int, Usage]:
    """By account id: the usage of the UTC day and month of `now`."""
    today = now.date()

    async def batch(account_ids: list[int]) -> list[Usage]:
        async with database.read() as connection:
            rows = await enterprise_accounts.usage_totals_by_account(
                connection, account_ids, today.replace(day=1), today
            )
        found = {row["enterprise_account_id"]: row for row in rows}
        return [usage(found.get(id_)) for id_ in account_ids]

    def usage(row: Row | None) -> Usage:
        return Usage(
            contract=contract,
            daily_used=row["day_count"] or 0 if row else 0,
            monthly_used=row["month_count"] if row else 0,
            resets_at=next_midnight(now),
        )

    return Loader(batch)


class DailyUsageKey(NamedTuple):
    """An account's days from `first_day` to `last_day`, both included."""

    account_id: int
    first_day: date
    last_day: date


def daily_usage(database: Database) -> Loader[DailyUsageKey, list[tuple[date, int]]]:
    """Requests per day, 0 for a day without any.

    Accounts with the same days share a statement.
    """

    async def batch(keys: list[DailyUsageKey]) -> list[list[tuple[date, int]]]:
        accounts: dict[tuple[date, date], list[int]] = defaultdict(list)
        for key in keys:
            accounts[key.first_day, key.last_day].append(key.account_id)
        found: dict[DailyUsageKey, list[tuple[date, int]]] = {}
        async with database.read() as connection:
            for (first, last), ids in accounts.items():
                rows = await enterprise_accounts.daily_usage_by_account(
                    connection, ids, first, last
                )
                counts: dict[int, dict[date, int]] = {id_: {} for id_ in ids}
                for account_id, day, count in rows:
                    counts[account_id][day] = count
                for id_ in ids:
                    found[DailyUsageKey(id_, first, last)] = _every_day(first, last, counts[id_])
        return [found[key] for key in keys]

    return Loader(batch)


def _every_day(first: date, last: date, counts: dict[date, int]) -> list[tuple[date, int]]:
    days = map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
    return [(day, counts.get(day, 0)) for day in days]
