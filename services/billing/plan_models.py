"""Which models plans allow, as operators see and set it."""

from collections.abc import Sequence

from db.database import Database
from db.queries.billing import plan_models


async def models_of_plans(database: Database) -> dict[str, tuple[str, ...] | None]:
    """The models of every plan, by its code; None are all models."""
    async with database.read_primary() as connection:
        rows = await plan_models.by_plan(connection)
    return {row["code"]: None if row["models"] is None else tuple(row["models"]) for row in rows}


async def allow_models(database: Database, plan_code: str, names: Sequence[str] | None) -> bool:
    """Let a plan use these models and no others, or all; False if there is no such plan."""
    async with database.begin() as transaction:
        return await plan_models.set_models(transaction, plan_code, names)
