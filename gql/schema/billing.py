"""Plans and subscriptions."""

from datetime import datetime
from typing import Self

import strawberry

from gql.schema.enums import SubscriptionStatus
from services.billing.records import Plan as PlanRecord
from services.billing.records import Subscription


@strawberry.type(description="A plan that can be subscribed to.")
class Plan:
    """The plan of a record."""

    code: str = strawberry.field(description="Names the plan in mutations.")
    display_name: str = strawberry.field(description="Names the plan to people.")
    monthly_price_cents: int = strawberry.field(description="Cents of `currency` a month.")
    currency: str = strawberry.field(description="ISO 4217, for example EUR.")
    daily_message_limit: int = strawberry.field(description="Messages a UTC day.")

    @classmethod
    def from_record(cls, plan: PlanRecord) -> Self:
        """The plan as clients see it."""
        return cls(
            code=plan.code,
            display_name=plan.display_name,
            monthly_price_cents=plan.monthly_price_cents,
            currency=plan.currency,
            daily_message_limit=plan.daily_message_limit,
        )


@strawberry.type(description="A person's subscription; there always is one, if an inactive one.")
class BillingSubscription:
    """The subscription of a record."""

    status: SubscriptionStatus = strawberry.field(description="How it stands.")
    plan: Plan | None = strawberry.field(description="What it is for; null if there never was one.")
    failure_reason: str | None = strawberry.field(description="Why the last payment failed.")
    started_at: datetime | None = strawberry.field(description="When it first became active.")
    updated_at: datetime | None = strawberry.field(description="When it last changed.")

    @classmethod
    def from_record(cls, subscription: Subscription) -> Self:
        """The subscription as its person sees it."""
        return cls(
            status=subscription.status,
            plan=Plan.from_record(subscription.plan) if subscription.plan else None,
            failure_reason=subscription.failure_reason,
            started_at=subscription.started_at,
            updated_at=subscription.updated_at,
        )
