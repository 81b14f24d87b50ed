"""The current subscription of each user."""

from db.database import Database
from db.queries import billing
from loaders.batch import Loader
from services.billing.records import NO_SUBSCRIPTION, Subscription
from services.billing.rows import subscription_from


def subscription_by_user(database: Database) -> Loader[int, Subscription]:
    """By user id; a user without a subscription has `NO_SUBSCRIPTION`."""

    async def batch(user_ids: list[int]) -> list[Subscription]:
        async with database.read() as connection:
            rows = await billing.current_subscription_by_user(connection, user_ids)
        found = {row["user_id"]: subscription_from(row) for row in rows}
        return [found.get(user_id, NO_SUBSCRIPTION) for user_id in user_ids]

    return Loader(batch)
