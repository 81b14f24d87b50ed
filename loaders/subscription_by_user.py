"""The current subscription of each user."""

from collections.abc import Sequence

from asyncpg import Record

from cache import VersionedCache
from db.database import Database
from db.queries import billing
from loaders.batch import Loader
from services.billing.records import NO_SUBSCRIPTION, Plan, Subscription, SubscriptionStatus


def subscription_by_user(
    database: Database, cache: VersionedCache[Subscription]
) -> Loader[int, Subscription]:
    """By user id, from the cache; a user without a subscription has `NO_SUBSCRIPTION`.

    Never from a replica, which may not have yet what has just been invalidated.
    """

    async def read(user_ids: Sequence[int]) -> list[Subscription]:
        async with database.read_primary() as connection:
            rows = await billing.current_subscription_by_user(connection, user_ids)
        found = {row["user_id"]: _subscription(row) for row in rows}
        return [found.get(user_id, NO_SUBSCRIPTION) for user_id in user_ids]

    async def batch(user_ids: list[int]) -> list[Subscription]:
        return await cache.get(user_ids, read)

    return Loader(batch)


def plan_from(row: Record) -> Plan:
    """The plan in a row that holds a plan's columns."""
    return Plan(
        code=row["code"],
        display_name=row["display_name"],
        monthly_price_cents=row["monthly_price_cents"],
        currency=row["currency"],
        daily_message_limit=row["daily_message_limit"],
    )


def _subscription(row: Record) -> Subscription:
    return Subscription(
        status=SubscriptionStatus(row["status"]),
        plan=plan_from(row),
        failure_reason=row["failure_reason"],
        started_at=row["started_at"],
        updated_at=row["updated_at"],
    )
