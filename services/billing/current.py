"""The plan on sale and a person's subscription, read in a transaction and never from a cache."""

from dataclasses import dataclass

from db.database import Transaction
from db.queries.billing import subscriptions
from services.billing.records import NO_SUBSCRIPTION, Plan, Subscription
from services.billing.rows import plan_from, subscription_from
from services.billing.rules import InvalidPlan
from services.mutations.texts import is_short_text

LONGEST_CODE = 255


@dataclass(frozen=True, slots=True)
class CurrentSubscription:
    """A person's subscription, and the id of its row; None if there is no row."""

    id: int | None
    subscription: Subscription


async def plan_on_sale(transaction: Transaction, plan_code: str) -> Plan:
    """The plan with this code; raises `InvalidPlan` if it is not on sale."""
    is_code = is_short_text(plan_code, LONGEST_CODE)
    row = await subscriptions.plan_on_sale(transaction, plan_code) if is_code else None
    if row is None:
        raise InvalidPlan("There is no such plan on sale.", field="planCode")
    return plan_from(row)


async def current_subscription(transaction: Transaction, user_id: int) -> CurrentSubscription:
    """The person's subscription; it cannot change while the person is locked."""
    for row in await subscriptions.current_subscription_by_user(transaction, [user_id]):
        return CurrentSubscription(row["id"], subscription_from(row))
    return CurrentSubscription(None, NO_SUBSCRIPTION)
