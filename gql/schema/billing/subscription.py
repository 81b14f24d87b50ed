"""Plans and subscriptions."""

from datetime import datetime

import strawberry

from db.states import SubscriptionStatus
from gql.values.mappings import Member, ObjectMapping
from services.billing.records import Plan as PlanRecord
from services.billing.records import Subscription


@strawberry.type(description="A plan that can be subscribed to.")
class Plan:
    """A plan, from its record."""

    code: str = strawberry.field(description="Identifies the plan in `checkout` and `changePlan`.")
    display_name: str = strawberry.field(description="The plan's name, to be shown to people.")
    monthly_price_cents: int = strawberry.field(
        description="The price of a month, in cents of `currency`."
    )
    currency: str = strawberry.field(description="ISO 4217, for example EUR.")
    daily_message_limit: int = strawberry.field(
        description="How many messages may be sent on a UTC day."
    )
    trial_days: int = strawberry.field(
        description="Days before the first charge, for a person's first subscription; 0 where "
        "there are none."
    )


_PLAN_ATTRIBUTES = (
    "code",
    "display_name",
    "monthly_price_cents",
    "currency",
    "daily_message_limit",
    "trial_days",
)
PLAN = ObjectMapping(Plan, {name: Member(name) for name in _PLAN_ATTRIBUTES}, source=PlanRecord)


@strawberry.type(description="A person's subscription; there always is one, if an inactive one.")
class BillingSubscription:
    """A subscription, from its record."""

    status: SubscriptionStatus = strawberry.field(
        description="Whether messages can be sent, and if not why."
    )
    plan: Plan | None = strawberry.field(description="What it is for; null if there never was one.")
    failure_reason: str | None = strawberry.field(description="Why the last payment failed.")
    started_at: datetime | None = strawberry.field(
        description="When the first payment for it succeeded, or its trial began; null before."
    )
    updated_at: datetime | None = strawberry.field(
        description="When its status or plan last changed."
    )
    current_period_start: datetime | None = strawberry.field(
        description="When the period began that is paid, or that the trial lasts."
    )
    current_period_end: datetime | None = strawberry.field(
        description="When that period ends, and the next one is charged."
    )
    cancel_at_period_end: bool = strawberry.field(
        description="Whether it ends at `currentPeriodEnd` instead of being renewed."
    )
    trial_ends_at: datetime | None = strawberry.field(
        description="When the trial ends, or ended; null where there was none."
    )
    grace_ends_at: datetime | None = strawberry.field(
        description="Until when it is served while it is PAST_DUE; null otherwise."
    )
    next_plan: Plan | None = strawberry.field(
        description="The plan that follows at `currentPeriodEnd`, where a change is pending."
    )


_SUBSCRIPTION_ATTRIBUTES = (
    "status",
    "plan",
    "failure_reason",
    "started_at",
    "updated_at",
    "current_period_start",
    "current_period_end",
    "cancel_at_period_end",
    "trial_ends_at",
    "grace_ends_at",
    "next_plan",
)
BILLING_SUBSCRIPTION = ObjectMapping(
    BillingSubscription,
    {name: Member(name) for name in _SUBSCRIPTION_ATTRIBUTES},
    source=Subscription,
)
MAPPINGS = (
    PLAN,
    BILLING_SUBSCRIPTION,
)
