"""Statements about the models that plans allow."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Text, bindparam, select, update

from db.database import Connection
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import BillingPlan

_BY_PLAN = Statement(
    "billing.models_by_plan",
    select(BillingPlan.code, BillingPlan.models).order_by(BillingPlan.code),
)
_SET_MODELS = Statement(
    "billing.set_models",
    update(BillingPlan)
    .where(BillingPlan.code == bindparam("plan_code"))
    .values(models=bindparam("names", type_=ARRAY(Text)))
    .returning(BillingPlan.code),
)


@repository_method
async def by_plan(connection: Connection) -> list[Row]:
    """`(code, models)` of every plan; null models are all."""
    return await connection.fetch(_BY_PLAN)


@repository_method
async def set_models(connection: Connection, plan_code: str, names: Sequence[str] | None) -> bool:
    """Set the models of a plan; false if there is none."""
    return bool(await connection.fetch(_SET_MODELS, plan_code=plan_code, names=names))
