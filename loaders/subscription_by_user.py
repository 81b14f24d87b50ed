"""The current subscription of each user."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from cache import VersionedCache
from db.database import Database
from db.queries.billing import subscriptions
from loaders.batching.loader import Loader
from services.billing.records import NO_SUBSCRIPTION, Subscription
from services.billing.rows import subscription_from


def subscription_by_user(
    database: Database, cache: VersionedCache[Subscription], now: datetime
) -> Loader[int, Subscription]:
    """By user id, at `now`, from the cache; a user without a subscription has `NO_SUBSCRIPTION`.

    Misses are read from the primary: a replica may not have the change yet for which the cache was
    invalidated.
    """

    async def read(user_ids: Sequence[int]) -> list[Subscription]:
        async with database.read_primary() as connection:
            rows = await subscriptions.current_subscription_by_user(connection, user_ids)
        found = dict.fromkeys(user_ids, NO_SUBSCRIPTION)
        for row in rows:
            found[row["user_id"]] = subscription_from(row, now)
        return list(found.values())

    return Loader(partial(cache.get, read=read), get_if_cached=cache.get_if_cached)
