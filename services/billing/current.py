"""The plan on sale and a person's subscription, read in a transaction and never from a cache."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from clients.payments.minimum import least_charge_cents
from db.database import Connection, Transaction
from db.queries.billing import customers, plan_changes, subscriptions
from services.billing.records import Customer, Plan, StoredSubscription, SubscriptionState
from services.billing.rows import plan_from, stored_subscription_from
from services.billing.rules.lifecycle import as_of, with_period
from services.billing.rules.payments import InvalidPlan
from services.billing.rules.plan_changes import first_price_cents
from services.billing.rules.proration import Segment, charged_at_renewal
from services.mutations.texts import is_short_text
from services.record_values import values_of

LONGEST_CODE = 255
_COLUMNS = {
    "anchor_at": "period_anchor_at",
    "period_start": "current_period_start",
    "period_end": "current_period_end",
}
"""The columns of members that have a shorter name."""


async def plan_on_sale(connection: Connection, plan_code: str) -> Plan:
    """The plan with this code; raises `InvalidPlan` if it is not on sale."""
    is_code = is_short_text(plan_code, LONGEST_CODE)
    row = await subscriptions.plan_on_sale(connection, plan_code) if is_code else None
    if row is None:
        raise InvalidPlan("There is no such plan on sale.", field="planCode")
    return plan_from(row)


async def plan_of_code(connection: Connection, plan_code: str) -> Plan:
    """The plan with this code, on sale or not."""
    return plan_from(await subscriptions.plan_of_code(connection, plan_code))


async def current_subscription(
    connection: Connection, user_id: int, now: datetime
) -> StoredSubscription | None:
    """The person's subscription as it stands; it cannot change while the person is locked."""
    stored = await unlapsed_subscription(connection, user_id, now)
    return None if stored is None else replace(stored, state=as_of(stored.state, now))


async def unlapsed_subscription(
    connection: Connection, user_id: int, now: datetime
) -> StoredSubscription | None:
    """The person's subscription as it is stored, though it may have lapsed; it has a period."""
    for row in await subscriptions.current_subscription_by_user(connection, [user_id]):
        stored = stored_subscription_from(row)
        return replace(stored, state=with_period(stored.state, now))
    return None


async def price_segments(
    connection: Connection, subscription: StoredSubscription | None
) -> tuple[Segment, ...]:
    """The prices of the current period, from its start; none where there is no period.

    What a period before has carried was charged with this one.
    """
    if subscription is None or subscription.state.period_start is None:
        return ()
    start = subscription.state.period_start
    rows = await plan_changes.plan_changes_since(
        connection, subscription.user_id, subscription.id, start
    )
    first = rows[0]["from_price_cents"] if rows else first_price_cents(subscription)
    changes = (
        Segment(row["changed_at"], row["to_price_cents"], row["carried_cents"] or 0) for row in rows
    )
    return (Segment(start, first), *changes)


async def renewal_cents(
    connection: Connection, subscription: StoredSubscription, plan: Plan
) -> int:
    """What the next period is charged at, with what the one under way has carried."""
    segments = await price_segments(connection, subscription)
    carried_cents = segments[-1].carried_cents if segments else 0
    least_cents = least_charge_cents(plan.currency)
    return charged_at_renewal(plan.monthly_price_cents, carried_cents, least_cents)


async def customer_of(connection: Connection, user_id: int) -> Customer | None:
    """What the provider knows the person by; None before their first payment."""
    row = await customers.by_user(connection, user_id)
    return None if row is None else Customer(row["customer"], row["payment_method"])


async def store_state(
    transaction: Transaction,
    subscription: StoredSubscription,
    state: SubscriptionState,
    now: datetime,
) -> None:
    """Store the next state of a subscription whose person is locked."""
    await subscriptions.store(
        transaction, subscription.id, subscription.user_id, now, **columns_of(state)
    )


def columns_of(state: SubscriptionState) -> dict[str, Any]:  # Any: as the columns are typed
    """The values of a state by the columns that hold them."""
    return {_COLUMNS.get(name, name): value for name, value in values_of(state).items()}
