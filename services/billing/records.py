"""Plans, subscriptions and the states of payments."""

from dataclasses import dataclass
from datetime import datetime

from db.states import SubscriptionStatus


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan, with its price per month in cents of `currency` and its messages per UTC day."""

    code: str
    display_name: str
    monthly_price_cents: int
    currency: str
    daily_message_limit: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """The current state of a person's subscription."""

    status: SubscriptionStatus
    plan: Plan | None = None
    failure_reason: str | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None


NO_SUBSCRIPTION = Subscription(status=SubscriptionStatus.INACTIVE)
