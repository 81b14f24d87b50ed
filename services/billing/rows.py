"""Plans, subscriptions and payments out of rows."""

from db.row import Row
from db.states import PaymentStatus, SubscriptionStatus
from services.billing.records import Payment, Plan, Subscription


def plan_from(row: Row) -> Plan:
    """The plan in a row that holds a plan's columns."""
    return Plan(
        code=row["code"],
        display_name=row["display_name"],
        monthly_price_cents=row["monthly_price_cents"],
        currency=row["currency"],
        daily_message_limit=row["daily_message_limit"],
        models=None if row["models"] is None else tuple(row["models"]),
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


def payment_from(row: Row) -> Payment:
    """The payment in its row."""
    return Payment(
        id=row["id"],
        user_id=row["user_id"],
        subscription_id=row["subscription_id"],
        plan_code=row["plan_code"],
        status=PaymentStatus(row["status"]),
        amount_cents=row["amount_cents"],
        currency=row["currency"],
        provider_key=row["provider_key"],
        payment_method_token=row["payment_method_token"],
        failure_reason=row["failure_reason"],
        is_being_made=row["is_being_made"],
    )
