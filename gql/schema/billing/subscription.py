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

    code: str = strawberry.field(description="Names the plan in mutations.")
    display_name: str = strawberry.field(description="Names the plan to people.")
    monthly_price_cents: int = strawberry.field(description="Cents of `currency` a month.")
    currency: str = strawberry.field(description="ISO 4217, for example EUR.")
    daily_message_limit: int = strawberry.field(description="Messages a UTC day.")


_PLAN_ATTRIBUTES = (
    "code",
    "display_name",
    "monthly_price_cents",
    "currency",
    "daily_message_limit",
)
PLAN = ObjectMapping(Plan, {name: Member(name) for name in _PLAN_ATTRIBUTES}, source=PlanRecord)


@strawberry.type(description="A person's subscription; there always is one, if an inactive one.")
class BillingSubscription:
    """A subscription, from its record."""

    status: SubscriptionStatus = strawberry.field(description="How it stands.")
    plan: Plan | None = strawberry.field(description="What it is for; null if there never was one.")
    failure_reason: str | None = strawberry.field(description="Why the last payment failed.")
    started_at: datetime | None = strawberry.field(description="When it first became active.")
    updated_at: datetime | None = strawberry.field(description="When it last changed.")


_SUBSCRIPTION_ATTRIBUTES = ("status", "plan", "failure_reason", "started_at", "updated_at")
BILLING_SUBSCRIPTION = ObjectMapping(
    BillingSubscription,
    {name: Member(name) for name in _SUBSCRIPTION_ATTRIBUTES},
    source=Subscription,
)
MAPPINGS = (
    PLAN,
    BILLING_SUBSCRIPTION,
)
