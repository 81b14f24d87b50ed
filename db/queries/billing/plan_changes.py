"""Statements about changes from one plan to another."""

from datetime import datetime

from sqlalchemy import Integer, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from db.database import Connection
from db.row import Row
from db.statement import Statement, repository_method
from db.tables import BillingPlanChange

_INSERT = Statement(
    "payments.insert_plan_change",
    insert(BillingPlanChange)
    .values(
        user_id=bindparam("user_id"),
        subscription_id=bindparam("subscription_id"),
        from_plan_code=bindparam("from_plan_code"),
        to_plan_code=bindparam("to_plan_code"),
        from_price_cents=bindparam("from_price_cents", type_=Integer),
        to_price_cents=bindparam("to_price_cents", type_=Integer),
        carried_cents=bindparam("carried_cents", type_=Integer),
        idempotency_key=bindparam("idempotency_key"),
        changed_at=bindparam("changed_at"),
    )
    .on_conflict_do_nothing(
        index_elements=[BillingPlanChange.user_id, BillingPlanChange.idempotency_key]
    )
    .returning(BillingPlanChange.id),
)
_SINCE = Statement(
    "billing.plan_changes_since",
    select(
        BillingPlanChange.changed_at,
        BillingPlanChange.from_price_cents,
        BillingPlanChange.to_price_cents,
        BillingPlanChange.carried_cents,
    )
    .where(
        BillingPlanChange.user_id == bindparam("user_id"),
        BillingPlanChange.subscription_id == bindparam("subscription_id"),
        BillingPlanChange.changed_at >= bindparam("since"),
        BillingPlanChange.to_price_cents.is_not(None),
    )
    .order_by(BillingPlanChange.changed_at, BillingPlanChange.id),
)


@repository_method
async def insert_plan_change(
    connection: Connection,
    *,
    user_id: int,
    subscription_id: int,
    from_plan_code: str,
    to_plan_code: str,
    from_price_cents: int,
    to_price_cents: int,
    carried_cents: int,
    idempotency_key: str,
    changed_at: datetime,
) -> bool:
    """Record a change of plan that took effect; False if the person has one with this key."""
    rows = await connection.fetch(
        _INSERT,
        user_id=user_id,
        subscription_id=subscription_id,
        from_plan_code=from_plan_code,
        to_plan_code=to_plan_code,
        from_price_cents=from_price_cents,
        to_price_cents=to_price_cents,
        carried_cents=carried_cents,
        idempotency_key=idempotency_key,
        changed_at=changed_at,
    )
    return bool(rows)


@repository_method
async def plan_changes_since(
    connection: Connection, user_id: int, subscription_id: int, since: datetime
) -> list[Row]:
    """The changes of a subscription's plan since an instant, oldest first, with their sums."""
    return await connection.fetch(
        _SINCE, user_id=user_id, subscription_id=subscription_id, since=since
    )
