"""Statements about what models wrote and took: for people, for companies, and in all."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import BigInteger, bindparam, cast, func, select

from db.database import Connection
from db.queries.clauses.model_use import ModelUseStatements
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import (
    EnterpriseGenerationPart,
    EnterpriseModelDailyUsage,
    GenerationPart,
    ModelDailyTotal,
    ModelDailyUsage,
)

PEOPLE = ModelUseStatements("model_use", GenerationPart.user_id, ModelDailyUsage.user_id)
COMPANIES = ModelUseStatements(
    "metered_model_use",
    EnterpriseGenerationPart.enterprise_account_id,
    EnterpriseModelDailyUsage.enterprise_account_id,
)
_COUNTED = (
    ModelDailyTotal.calls,
    ModelDailyTotal.unreported_calls,
    ModelDailyTotal.prompt_tokens,
    ModelDailyTotal.cached_tokens,
    ModelDailyTotal.completion_tokens,
    ModelDailyTotal.reasoning_tokens,
    ModelDailyTotal.cost_micros,
)
_TOTALS = Statement(
    "model_use.totals",
    select(
        ModelDailyTotal.usage_date,
        ModelDailyTotal.model,
        *(cast(func.sum(one), BigInteger).label(one.key) for one in _COUNTED),
    )
    .where(ModelDailyTotal.usage_date.between(bindparam("first_day"), bindparam("last_day")))
    .group_by(ModelDailyTotal.usage_date, ModelDailyTotal.model)
    .order_by(ModelDailyTotal.usage_date, ModelDailyTotal.model),
)


@repository_method
async def totals(connection: Connection, first_day: date, last_day: date) -> Sequence[Row]:
    """What everybody used from one day to another, by day and model, in whatever currency."""
    return await connection.fetch(_TOTALS, first_day=first_day, last_day=last_day)
