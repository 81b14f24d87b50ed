"""Statements about plans on sale and the subscriptions of people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Integer,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    null,
    select,
    true,
    update,
)

from db.database import Connection
from db.queries.clauses.expressions import id_array, literal_text
from db.row import Row
from db.statement import Statement, repository_method
from db.states import PaymentKind, PaymentStatus, SubscriptionStatus
from db.tables import BillingPaymentAttempt, BillingPlan, User, UserSubscription

_PLAN_COLUMNS = (
    BillingPlan.code,
    BillingPlan.display_name,
    BillingPlan.monthly_price_cents,
    BillingPlan.currency,
    BillingPlan.daily_message_limit,
    BillingPlan.trial_days,
    BillingPlan.models,
)
_next = BillingPlan.__table__.alias("next")
_NEXT_PLAN_COLUMNS = tuple(_next.c[one.key].label(f"next_{one.key}") for one in _PLAN_COLUMNS)
_STATE_COLUMNS = (
    "status",
    "failure_reason",
    "started_at",
    "period_anchor_at",
    "current_period_start",
    "current_period_end",
    "period_price_cents",
    "trial_ends_at",
    "cancel_at_period_end",
    "past_due_since",
    "grace_ends_at",
    "due_at",
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
        _current.c.updated_at,
        *(_current.c[name] for name in _STATE_COLUMNS),
        *_PLAN_COLUMNS,
        *_NEXT_PLAN_COLUMNS,
    )
    .select_from(_users.join(_current, true()))
    .join(BillingPlan, BillingPlan.code == _current.c.plan_code)
    .outerjoin(_next, _next.c.code == _current.c.next_plan_code),
)
_PLAN_ON_SALE = Statement(
    "billing.plan_on_sale",
    select(*_PLAN_COLUMNS).where(
        BillingPlan.is_on_sale, BillingPlan.code == bindparam("plan_code")
    ),
)
_PLAN_OF_CODE = Statement(
    "billing.plan_of_code",
    select(*_PLAN_COLUMNS).where(BillingPlan.code == bindparam("plan_code")),
)
_HAS_STARTED = Statement(
    "billing.has_started",
    select(
        exists().where(
            UserSubscription.user_id == bindparam("user_id"),
            UserSubscription.started_at.is_not(None),
        )
    ),
)
_later = func.greatest(
    bindparam("now", type_=UserSubscription.updated_at.type),
    UserSubscription.updated_at + literal_column("interval '1 microsecond'"),
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
        due_at=null(),
    )
    .returning(UserSubscription.id),
)
# Any: the values are of the columns' types.
_new_state: dict[str, Any] = {
    name: bindparam(f"new_{name}", type_=UserSubscription.__table__.c[name].type)
    for name in (*_STATE_COLUMNS, "plan_code", "next_plan_code")
}
_is_the_one = and_(
    UserSubscription.id == bindparam("subscription_id"),
    UserSubscription.user_id == bindparam("owner_id"),
)
_STORE = Statement(
    "billing.store_subscription",
    update(UserSubscription).where(_is_the_one).values(updated_at=_later, **_new_state),
)
_ADOPT = Statement(
    "billing.adopt_subscription",
    update(UserSubscription).where(_is_the_one).values(_new_state),
)
# Subqueries of one value are looked up row by row, in the order of the index and as far as the
# limit. Joins would be of whole tables where much is due, as far as the planner knows.
_open_payment = (
    select(BillingPaymentAttempt.id)
    .where(
        BillingPaymentAttempt.user_id == UserSubscription.user_id,
        BillingPaymentAttempt.subscription_id == UserSubscription.id,
        BillingPaymentAttempt.kind != literal_text(PaymentKind.REFUND),
        BillingPaymentAttempt.status.in_(
            [literal_text(PaymentStatus.PENDING), literal_text(PaymentStatus.REQUIRES_ACTION)]
        ),
    )
    .limit(literal_column("1"))
    .scalar_subquery()
)
_is_not_being_erased = (
    select(User.erasure_began_at.is_(None))
    .where(User.id == UserSubscription.user_id)
    .scalar_subquery()
)
_DUE = Statement(
    "billing.due_subscriptions",
    select(UserSubscription.id, UserSubscription.user_id)
    .where(
        # Literals, as in the partial index: a generic plan could not use it with parameters.
        UserSubscription.status.in_(
            [literal_text(SubscriptionStatus.ACTIVE), literal_text(SubscriptionStatus.PAST_DUE)]
        ),
        UserSubscription.due_at <= bindparam("now"),
        _is_not_being_erased,
        _open_payment.is_(None),
    )
    .order_by(UserSubscription.due_at)
    .limit(bindparam("most", type_=Integer)),
)


@repository_method
async def plans_on_sale(connection: Connection) -> list[Row]:
    """The plans on sale, cheapest first."""
    return await connection.fetch(_PLANS_ON_SALE)


@repository_method
async def current_subscription_by_user(
    connection: Connection, user_ids: Sequence[int]
) -> list[Row]:
    """The newest subscription, with its plan and the next one, of each user who has one."""
    return await connection.fetch(_CURRENT_BY_USER, user_ids=user_ids)


@repository_method
async def plan_on_sale(connection: Connection, plan_code: str) -> Row | None:
    """The plan of this code, if it is on sale."""
    rows = await connection.fetch(_PLAN_ON_SALE, plan_code=plan_code)
    return rows[0] if rows else None


@repository_method
async def plan_of_code(connection: Connection, plan_code: str) -> Row:
    """The plan of this code, on sale or not; there is one."""
    (row,) = await connection.fetch(_PLAN_OF_CODE, plan_code=plan_code)
    return row


@repository_method
async def has_started(connection: Connection, user_id: int) -> bool:
    """Whether a person has ever had a subscription, on trial or paid."""
    rows = await connection.fetch(_HAS_STARTED, user_id=user_id)
    return bool(rows[0][0])


@repository_method
async def insert_subscription(
    connection: Connection, user_id: int, plan_code: str, now: datetime
) -> int:
    """Add a subscription whose payment is pending, and give its id."""
    rows = await connection.fetch(_INSERT, user_id=user_id, plan_code=plan_code, now=now)
    return int(rows[0]["id"])


@repository_method
async def store(
    connection: Connection,
    subscription_id: int,
    user_id: int,
    now: datetime,
    **state: Any,  # Any: by column, as the columns are typed
) -> None:
    """Store the state of a subscription whose person is locked."""
    values = {f"new_{name}": value for name, value in state.items()}
    await connection.fetch(
        _STORE, subscription_id=subscription_id, owner_id=user_id, now=now, **values
    )


@repository_method
async def adopt(
    connection: Connection,
    subscription_id: int,
    user_id: int,
    **state: Any,  # Any: as above
) -> None:
    """Store what is derived of a subscription, which is no change of it."""
    values = {f"new_{name}": value for name, value in state.items()}
    await connection.fetch(_ADOPT, subscription_id=subscription_id, owner_id=user_id, **values)


@repository_method
async def due(connection: Connection, now: datetime, most: int) -> list[Row]:
    """Subscriptions with which something is to be done, and their people: the longest due first.

    Those with an open payment, and those of people who are being erased, are left out.
    """
    return await connection.fetch(_DUE, now=now, most=most)
