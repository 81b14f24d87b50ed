"""Plans, subscriptions and payments."""

from dataclasses import dataclass
from datetime import datetime

from db.states import PaymentStatus, SubscriptionStatus


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan, with its price per month in cents of `currency` and its messages per UTC day.

    `models` are the names of those that may write replies; None are all.
    """

    code: str
    display_name: str
    monthly_price_cents: int
    currency: str
    daily_message_limit: int
    models: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """The current state of a person's subscription."""

    status: SubscriptionStatus
    plan: Plan | None = None
    failure_reason: str | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None


NO_SUBSCRIPTION = Subscription(status=SubscriptionStatus.INACTIVE)


@dataclass(frozen=True, slots=True)
class Payment:
    """An attempt to take money for a subscription; without a user, its person was erased.

    `provider_key` identifies it to the provider. While it `is_being_made`, the request that
    recorded it waits for the provider's answer.
    """

    id: int
    user_id: int | None
    subscription_id: int
    plan_code: str
    status: PaymentStatus
    amount_cents: int
    currency: str
    provider_key: str
    payment_method_token: str | None
    failure_reason: str | None
    is_being_made: bool
