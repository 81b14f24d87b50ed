"""What is on sale and what a person has, as a transaction sees it: never out of a cache."""

from dataclasses import dataclass

from db.database import Transaction
from db.queries import subscriptions
from services.billing.records import NO_SUBSCRIPTION, Plan, Subscription
from services.billing.rows import plan_from, subscription_from
from services.billing.rules import InvalidPlan
from services.texts import is_short_text

LONGEST_CODE = 255


@dataclass(frozen=True, slots=True)
class Current:
    """A person's subscription; `id` is its row's, None where there is none."""

    id: int | None
    subscription: Subscription


async def plan_on_sale(transaction: Transaction, plan_code: str) -> Plan:
    """The plan of this code; raises `InvalidPlan` unless it is on sale."""
    is_code = is_short_text(plan_code, LONGEST_CODE)
    row = await subscriptions.plan_on_sale(transaction, plan_code) if is_code else None
    if row is None:
        raise InvalidPlan("There is no such plan on sale.", field="planCode")
    return plan_from(row)


async def current_subscription(transaction: Transaction, user_id: int) -> Current:
    """What the person has; it stays so while the person is locked."""
    for row in await subscriptions.current_subscription_by_user(transaction, [user_id]):
        return Current(row["id"], subscription_from(row))
    return Current(None, NO_SUBSCRIPTION)
