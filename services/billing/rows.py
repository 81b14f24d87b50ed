"""Plans, subscriptions and payments out of rows."""

from datetime import datetime

from db.row import Row
from db.states import PaymentKind, PaymentStatus, SubscriptionStatus
from services.billing.records import (
    Payment,
    Plan,
    StoredSubscription,
    Subscription,
    SubscriptionState,
)
from services.billing.rules.lifecycle import as_of

# To look a status up takes no call of Python's, and to make one of its value takes two.
_STATUSES = {one.value: one for one in SubscriptionStatus}


# Any: values of every type, by the names of members.
def plan_from(row: Row) -> Plan:
    """The plan in a row that holds a plan's columns."""
    return Plan(
        code=row["code"],
        display_name=row["display_name"],
        monthly_price_cents=row["monthly_price_cents"],
        currency=row["currency"],
        daily_message_limit=row["daily_message_limit"],
        trial_days=row["trial_days"],
        models=None if row["models"] is None else tuple(row["models"]),
    )


def subscription_from(row: Row, now: datetime) -> Subscription:
    """The subscription at `now`, in a row that holds its plans' columns too."""
    state = as_of(_state_from(row), now)
    return Subscription(
        status=state.status,
        plan=plan_from(row),
        failure_reason=state.failure_reason,
        started_at=state.started_at,
        updated_at=row["updated_at"],
        current_period_start=state.period_start,
        current_period_end=state.period_end,
        cancel_at_period_end=state.cancel_at_period_end,
        trial_ends_at=state.trial_ends_at,
        grace_ends_at=state.grace_ends_at,
        next_plan=_next_plan_from(row) if state.next_plan_code else None,
    )


def stored_subscription_from(row: Row) -> StoredSubscription:
    """The subscription as it is stored, whatever has lapsed since."""
    return StoredSubscription(
        row["id"], row["user_id"], _state_from(row), plan_from(row), _next_plan_from(row)
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
        kind=PaymentKind(row["kind"]),
        period_start=row["period_start"],
        period_end=row["period_end"],
        customer=row["customer"],
        expires_at=row["expires_at"],
        refund_of_id=row["refund_of_id"],
        plan_price_cents=row["plan_price_cents"],
        provider_reference=row["provider_reference"],
    )


def _state_from(row: Row) -> SubscriptionState:
    return SubscriptionState(
        status=_STATUSES[row["status"]],
        plan_code=row["code"],
        failure_reason=row["failure_reason"],
        started_at=row["started_at"],
        anchor_at=row["period_anchor_at"],
        period_start=row["current_period_start"],
        period_end=row["current_period_end"],
        period_price_cents=row["period_price_cents"],
        trial_ends_at=row["trial_ends_at"],
        cancel_at_period_end=row["cancel_at_period_end"],
        next_plan_code=row["next_code"],
        past_due_since=row["past_due_since"],
        grace_ends_at=row["grace_ends_at"],
        due_at=row["due_at"],
    )


def _next_plan_from(row: Row) -> Plan | None:
    if row["next_code"] is None:
        return None
    return Plan(
        code=row["next_code"],
        display_name=row["next_display_name"],
        monthly_price_cents=row["next_monthly_price_cents"],
        currency=row["next_currency"],
        daily_message_limit=row["next_daily_message_limit"],
        trial_days=row["next_trial_days"],
    )
