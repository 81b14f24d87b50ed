"""Plans and subscriptions out of rows."""

from db.row import Row
from db.states import SubscriptionStatus
from services.billing.records import Plan, Subscription


def plan_from(row: Row) -> Plan:
    """The plan in a row that holds a plan's columns."""
    return Plan(
        code=row["code"],
        display_name=row["display_name"],
        monthly_price_cents=row["monthly_price_cents"],
        currency=row["currency"],
        daily_message_limit=row["daily_message_limit"],
    )


def subscription_from(row: Row) -> Subscription:
    """The subscription in a row that holds its plan's columns too."""
    return Subscription(
        status=SubscriptionStatus(row["status"]),
        plan=plan_from(row),
        failure_reason=row["failure_reason"],
        started_at=row["started_at"],
        updated_at=row["updated_at"],
    )
