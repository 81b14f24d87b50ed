"""What each user may still send today."""

from datetime import datetime

from db.database import Database
from db.queries.chat import quota
from loaders.batching.loader import Loader, ignore_failure
from services.billing.records import Subscription
from services.quota.records import Quota
from services.quota.rules import quota_of


def quota_by_user(
    database: Database, subscriptions: Loader[int, Subscription], now: datetime
) -> Loader[int, Quota]:
    """By user id, at `now`; subscriptions come from the request's own loader."""

    async def batch(user_ids: list[int]) -> list[Quota]:
        started = list(map(subscriptions.start, user_ids))
        used, quotas = dict.fromkeys(user_ids, 0), list[Quota]()
        try:
            async with database.read() as connection:
                rows = await quota.used_by_user(connection, user_ids, now.date())
            for row in rows:
                used[row["user_id"]] = row["used"]
            # Not shielded: this is only cancelled together with the whole request.
            for units, subscription in zip(used.values(), started, strict=True):
                quotas.append(quota_of(await subscription, units, now))
        except BaseException:
            for subscription in started:
                subscription.add_done_callback(ignore_failure)
            raise
        return quotas

    return Loader(batch)
