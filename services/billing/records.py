"""Plans, subscriptions and payments."""

from dataclasses import dataclass
from datetime import datetime

from db.states import PaymentKind, PaymentStatus, SubscriptionStatus


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
    trial_days: int = 0
    models: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """The current state of a person's subscription."""

    status: SubscriptionStatus
    plan: Plan | None = None
    failure_reason: str | None = None
    started_at: datetime | None = None
    updated_at: datetime | None = None
    current_period_start: datetime | None = None
    current_period_end: datetime | None = None
    cancel_at_period_end: bool = False
    trial_ends_at: datetime | None = None
    grace_ends_at: datetime | None = None
    next_plan: Plan | None = None


NO_SUBSCRIPTION = Subscription(status=SubscriptionStatus.INACTIVE)


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """What is stored of a subscription, and changed by `rules.lifecycle` alone.

    Periods are counted from `anchor_at`. `period_price_cents` is the price of its plan in the
    current period, whatever the plan costs on sale by now; 0 in a trial. The worker acts at
    `due_at`.
    """

    status: SubscriptionStatus
    plan_code: str
    failure_reason: str | None = None
    started_at: datetime | None = None
    anchor_at: datetime | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    period_price_cents: int | None = None
    trial_ends_at: datetime | None = None
    cancel_at_period_end: bool = False
    next_plan_code: str | None = None
    past_due_since: datetime | None = None
    grace_ends_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredSubscription:
    """The row of a subscription: its id, its person, its state, and its plans."""

    id: int
    user_id: int
    state: SubscriptionState
    plan: Plan
    next_plan: Plan | None


@dataclass(frozen=True, slots=True)
class Payment:
    """An attempt to take money for a subscription; without a user, its person was erased.

    `provider_key` identifies it to the provider. While it `is_being_made`, the request that
    recorded it waits for the provider's answer. It is charged to `payment_method_token`: a method
    that is stored with the provider for `customer`, or without one the token of a new method.
    It pays for the time from `period_start` to `period_end`, and may wait for the person's action
    until `expires_at`. A refund gives back some of the payment `refund_of_id`. The plan costs
    `plan_price_cents` for a whole period.
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
    kind: PaymentKind = PaymentKind.CHECKOUT
    period_start: datetime | None = None
    period_end: datetime | None = None
    customer: str | None = None
    expires_at: datetime | None = None
    refund_of_id: int | None = None
    plan_price_cents: int | None = None
    provider_reference: str | None = None


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment to be recorded, before the provider is asked."""

    kind: PaymentKind
    subscription_id: int
    plan_code: str
    amount_cents: int
    currency: str
    idempotency_key: str
    payment_method_token: str | None = None
    customer: str | None = None
    period_start: datetime | None = None
    period_end: datetime | None = None
    expires_at: datetime | None = None
    refund_of_id: int | None = None
    plan_price_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """What the provider knows a person by, and the method that is stored there."""

    reference: str
    payment_method: str | None
