"""Plans, subscriptions and the states of payments."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class SubscriptionStatus(Enum):
    """The states of a subscription, as the database spells them."""

    INACTIVE = "inactive"
    PENDING = "pending"
    ACTIVE = "active"
    FAILED = "failed"


class PaymentStatus(Enum):
    """The states of a payment, as the database spells them."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


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
