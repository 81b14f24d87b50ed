"""Statements about plans and subscriptions."""

from collections.abc import Sequence

from asyncpg import Record
from sqlalchemy import select, true

from db.database import Connection
from db.queries.unnested import unnested
from db.statement import Statement
from db.tables import BillingPlan, UserSubscription

_PLAN_COLUMNS = (
    BillingPlan.code,
    BillingPlan.display_name,
    BillingPlan.monthly_price_cents,
    BillingPlan.currency,
    BillingPlan.daily_message_limit,
)
_PLANS_ON_SALE = Statement(
    "billing.plans_on_sale",
    select(*_PLAN_COLUMNS)
    .where(BillingPlan.is_on_sale)
    .order_by(BillingPlan.monthly_price_cents, BillingPlan.code),
)

_users = unnested("user_ids")
_current = (
    select(UserSubscription)
    .where(UserSubscription.user_id == _users.c.id)
    .order_by(UserSubscription.updated_at.desc(), UserSubscription.id.desc())
    .limit(1)
    .correlate(_users)
    .lateral("current")
)
_CURRENT_BY_USER = Statement(
    "billing.current_subscription_by_user",
    select(
        _current.c.user_id,
        _current.c.status,
        _current.c.failure_reason,
        _current.c.started_at,
        _current.c.updated_at,
        *_PLAN_COLUMNS,
    )
    .select_from(_users.join(_current, true()))
    .join(BillingPlan, BillingPlan.code == _current.c.plan_code),
)


async def plans_on_sale(connection: Connection) -> list[Record]:
    """The plans on sale, cheapest first."""
    return await connection.fetch(_PLANS_ON_SALE)


async def current_subscription_by_user(
    connection: Connection, user_ids: Sequence[int]
) -> list[Record]:
    """The newest subscription, with its plan, of each user who has one."""
    return await connection.fetch(_CURRENT_BY_USER, user_ids=user_ids)
