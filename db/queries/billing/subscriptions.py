"""Statements about plans on sale, subscriptions, and changes from one plan to another."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or_ignore

from db.database import Connection
from db.queries.clauses.expressions import id_array
from db.row import Row
from db.statement import Statement, repository_method
from db.states import SubscriptionStatus
from db.tables import BillingPlan, BillingPlanChange, UserSubscription

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

_users = id_array("user_ids")
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
        _current.c.id,
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
_PLAN_ON_SALE = Statement(
    "billing.plan_on_sale",
    select(*_PLAN_COLUMNS).where(
        BillingPlan.is_on_sale, BillingPlan.code == bindparam("plan_code")
    ),
)
_later = func.greatest(
    bindparam("now", type_=UserSubscription.updated_at.type),
    UserSubscription.updated_at + literal_column("interval '1 microsecond'"),
)
_IS_THIS = (
    UserSubscription.user_id == bindparam("of_user"),
    UserSubscription.id == bindparam("subscription_id"),
)
_INSERT = Statement(
    "billing.insert_subscription",
    insert(UserSubscription)
    .values(
        user_id=bindparam("user_id"),
        plan_code=bindparam("plan_code"),
        status=SubscriptionStatus.PENDING,
        created_at=bindparam("now"),
        updated_at=bindparam("now"),
    )
    .returning(UserSubscription.id),
)
_BEGIN_PAYMENT = Statement(
    "billing.begin_payment",
    update(UserSubscription)
    .where(*_IS_THIS)
    .values(
        status=SubscriptionStatus.PENDING,
        plan_code=bindparam("new_plan_code"),
        failure_reason=null(),
        updated_at=_later,
    ),
)
_ACTIVATE = Statement(
    "billing.activate",
    update(UserSubscription)
    .where(
        *_IS_THIS,
        UserSubscription.status != SubscriptionStatus.ACTIVE,
    )
    .values(
        status=SubscriptionStatus.ACTIVE,
        plan_code=bindparam("new_plan_code"),
        failure_reason=null(),
        started_at=func.coalesce(UserSubscription.started_at, bindparam("now")),
        updated_at=_later,
    )
    .returning(UserSubscription.id),
)
_FAIL = Statement(
    "billing.fail",
    update(UserSubscription)
    .where(
        *_IS_THIS,
        UserSubscription.status == SubscriptionStatus.PENDING,
    )
    .values(
        status=SubscriptionStatus.FAILED,
        failure_reason=bindparam("reason", type_=Text),
        updated_at=_later,
    ),
)
_CHANGE_PLAN = Statement(
    "billing.change_plan",
    update(UserSubscription)
    .where(
        UserSubscription.user_id == bindparam("owner_id"),
        UserSubscription.status == SubscriptionStatus.ACTIVE,
    )
    .values(plan_code=bindparam("new_plan_code"), updated_at=_later)
    .returning(UserSubscription.id),
)
_INSERT_PLAN_CHANGE = Statement(
    "payments.insert_plan_change",
    insert_or_ignore(BillingPlanChange)
    .values(
        user_id=bindparam("user_id"),
        subscription_id=bindparam("subscription_id"),
        from_plan_code=bindparam("from_plan_code"),
        to_plan_code=bindparam("to_plan_code"),
        idempotency_key=bindparam("idempotency_key"),
        changed_at=bindparam("now"),
    )
    .on_conflict_do_nothing(
        index_elements=[BillingPlanChange.user_id, BillingPlanChange.idempotency_key]
    )
    .returning(BillingPlanChange.id),
)


@repository_method
async def plans_on_sale(connection: Connection) -> list[Row]:
    """The plans on sale, cheapest first."""
    return await connection.fetch(_PLANS_ON_SALE)


@repository_method
async def current_subscription_by_user(
    connection: Connection, user_ids: Sequence[int]
) -> list[Row]:
    """The newest subscription, with its plan, of each user who has one."""
    return await connection.fetch(_CURRENT_BY_USER, user_ids=user_ids)


@repository_method
async def plan_on_sale(connection: Connection, plan_code: str) -> Row | None:
    """The plan of this code, if it is on sale."""
    rows = await connection.fetch(_PLAN_ON_SALE, plan_code=plan_code)
    return rows[0] if rows else None


@repository_method
async def insert_subscription(
    connection: Connection, user_id: int, plan_code: str, now: datetime
) -> int:
    """Add a subscription whose payment is pending, and give its id."""
    rows = await connection.fetch(_INSERT, user_id=user_id, plan_code=plan_code, now=now)
    return int(rows[0]["id"])


@repository_method
async def begin_payment(
    connection: Connection, user_id: int, subscription_id: int, plan_code: str, now: datetime
) -> None:
    """Set a subscription to pending until a plan is paid."""
    await connection.fetch(
        _BEGIN_PAYMENT,
        of_user=user_id,
        subscription_id=subscription_id,
        new_plan_code=plan_code,
        now=now,
    )


@repository_method
async def activate(
    connection: Connection, user_id: int, subscription_id: int, plan_code: str, now: datetime
) -> bool:
    """Activate a subscription that was paid; False if it is active already."""
    return bool(
        await connection.fetch(
            _ACTIVATE,
            of_user=user_id,
            subscription_id=subscription_id,
            new_plan_code=plan_code,
            now=now,
        )
    )


@repository_method
async def fail(
    connection: Connection, user_id: int, subscription_id: int, reason: str, now: datetime
) -> None:
    """Set a pending subscription to failed."""
    await connection.fetch(
        _FAIL, of_user=user_id, subscription_id=subscription_id, reason=reason, now=now
    )


@repository_method
async def change_plan(connection: Connection, user_id: int, plan_code: str, now: datetime) -> int:
    """Move a person's active subscription to another plan, and give its id."""
    (row,) = await connection.fetch(
        _CHANGE_PLAN, owner_id=user_id, new_plan_code=plan_code, now=now
    )
    return int(row["id"])


@repository_method
async def insert_plan_change(
    connection: Connection,
    *,
    user_id: int,
    subscription_id: int,
    from_plan_code: str,
    to_plan_code: str,
    idempotency_key: str,
    now: datetime,
) -> bool:
    """Record a change of plan; False if the person has one with this key already."""
    rows = await connection.fetch(
        _INSERT_PLAN_CHANGE,
        user_id=user_id,
        subscription_id=subscription_id,
        from_plan_code=from_plan_code,
        to_plan_code=to_plan_code,
        idempotency_key=idempotency_key,
        now=now,
    )
    return bool(rows)
