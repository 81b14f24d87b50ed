"""The plans on sale."""

from db.database import Database
from db.queries.billing import subscriptions
from loaders.batching.loader import Loader
from services.billing.records import Plan
from services.billing.rows import plan_from

ALL = "all"


def plans_on_sale(database: Database) -> Loader[str, tuple[Plan, ...]]:
    """All plans, cheapest first, under the one key `ALL`."""

    async def batch(keys: list[str]) -> list[tuple[Plan, ...]]:
        async with database.read() as connection:
            rows = await subscriptions.plans_on_sale(connection)
        return [tuple(plan_from(row) for row in rows)] * len(keys)

    return Loader(batch)
