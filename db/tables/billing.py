"""Plans, subscriptions and the payments that keep them active.

The accounts of people who were erased are kept without them, in `db.tables.archives`.
"""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.states import PaymentKind, PaymentStatus, SubscriptionStatus
from db.tables.base import Table, instant, now, numbered, of_user, one_of

LONG_PAST = "'1970-01-01 00:00:00+00'::timestamptz"


class BillingPlan(Table):
    """A plan that is on sale, or that somebody still has; null `models` are all."""

    __tablename__ = "billing_plans"
    __table_args__ = (
        CheckConstraint("monthly_price_cents >= 0", "monthly_price_cents"),
        CheckConstraint("daily_message_limit >= 0", "daily_message_limit"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", "currency"),
        CheckConstraint("trial_days >= 0", "trial_days"),
    )

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    display_name: Mapped[str] = mapped_column(Text)
    monthly_price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    daily_message_limit: Mapped[int]
    is_on_sale: Mapped[bool] = mapped_column(server_default=true())
    trial_days: Mapped[int] = mapped_column(server_default=text("0"))
    models: Mapped[list[str] | None] = mapped_column(ARRAY(Text))


class UserSubscription(Table):
    """One subscription of a person; the newest row is the one that counts.

    Its periods are counted in months from `period_anchor_at`. The worker acts when `due_at` has
    come; null while there is nothing to do before a payment has ended. A row without a period, of
    a version before there were any, is due at once and is given one.
    """

    __tablename__ = "user_subscriptions"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "id"),
        one_of("status", *SubscriptionStatus),
        CheckConstraint("status <> 'active' OR started_at IS NOT NULL", "active_has_started"),
        CheckConstraint("current_period_start < current_period_end", "period"),
        Index(
            "uq_user_subscriptions_live",
            "user_id",
            unique=True,
            postgresql_where="status IN ('pending', 'active', 'past_due')",
        ),
        Index("ix_user_subscriptions_user_id_updated_at_id", "user_id", "updated_at", "id"),
        Index(
            "ix_user_subscriptions_due",
            "due_at",
            postgresql_where="status IN ('active', 'past_due')",
        ),
    )

    id: Mapped[numbered]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    plan_code: Mapped[str] = mapped_column(Text, ForeignKey("billing_plans.code"))
    status: Mapped[str] = mapped_column(Text)
    failure_reason: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None] = mapped_column(instant)
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    updated_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    period_anchor_at: Mapped[datetime | None] = mapped_column(instant)
    current_period_start: Mapped[datetime | None] = mapped_column(instant)
    current_period_end: Mapped[datetime | None] = mapped_column(instant)
    period_price_cents: Mapped[int | None]
    trial_ends_at: Mapped[datetime | None] = mapped_column(instant)
    cancel_at_period_end: Mapped[bool] = mapped_column(server_default=false())
    next_plan_code: Mapped[str | None] = mapped_column(Text, ForeignKey("billing_plans.code"))
    past_due_since: Mapped[datetime | None] = mapped_column(instant)
    grace_ends_at: Mapped[datetime | None] = mapped_column(instant)
    due_at: Mapped[datetime | None] = mapped_column(instant, server_default=text(LONG_PAST))


class BillingCustomer(Table):
    """What the payment provider knows a person by, and the method that renewals are charged to."""

    __tablename__ = "billing_customers"

    user_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("users.id"), primary_key=True, autoincrement=False
    )
    customer: Mapped[str] = mapped_column(Text)
    payment_method: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(instant, server_default=now)


class BillingPaymentAttempt(Table):
    """One attempt to take money for a subscription, or to give back that of `refund_of_id`.

    `provider_key` identifies it to the provider; `idempotency_key` is a hash of the client's, or
    names the period. While it is pending, a process may be asking the provider until `asked_until`;
    the next check is due at `next_check_at`. The token of the payment method is kept until it is
    settled; together with `customer` it names a method that is stored with the provider. It pays
    for the time from `period_start` to `period_end`, and may wait for the person's action until
    `expires_at`.
    """

    __tablename__ = "billing_payment_attempts"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "id"),
        of_user("subscription_id", "user_subscriptions"),
        one_of("status", *PaymentStatus),
        one_of("kind", *PaymentKind),
        CheckConstraint("amount_cents >= 0", "amount_cents"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", "currency"),
        UniqueConstraint("user_id", "idempotency_key"),
        Index(None, "user_id", "subscription_id"),
        Index(
            "ix_billing_payment_attempts_pending",
            "next_check_at",
            postgresql_where="status = 'pending'",
        ),
        Index(
            "ix_billing_payment_attempts_waiting",
            "expires_at",
            postgresql_where="status = 'requires_action'",
        ),
        Index(
            "ix_billing_payment_attempts_refunds",
            "user_id",
            "refund_of_id",
            postgresql_where="refund_of_id IS NOT NULL",
        ),
    )

    id: Mapped[numbered]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    subscription_id: Mapped[int] = mapped_column(BigInteger)
    plan_code: Mapped[str] = mapped_column(Text, ForeignKey("billing_plans.code"))
    status: Mapped[str] = mapped_column(Text)
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    idempotency_key: Mapped[str] = mapped_column(Text)
    provider_key: Mapped[str] = mapped_column(Text)
    provider_reference: Mapped[str | None] = mapped_column(Text)
    failure_reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    updated_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    payment_method_token: Mapped[str | None] = mapped_column(Text)
    asked_until: Mapped[datetime | None] = mapped_column(instant)
    next_check_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    checks: Mapped[int] = mapped_column(server_default=text("0"))
    kind: Mapped[str] = mapped_column(Text, server_default=text("'checkout'"))
    period_start: Mapped[datetime | None] = mapped_column(instant)
    period_end: Mapped[datetime | None] = mapped_column(instant)
    plan_price_cents: Mapped[int | None]
    customer: Mapped[str | None] = mapped_column(Text)
    client_secret: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(instant)
    refund_of_id: Mapped[int | None] = mapped_column(BigInteger)


class BillingWebhookEvent(Table):
    """A webhook event of the payment provider that was processed, and the payment it concerns.

    Events are unique across people, and some concern nobody: so nothing refers to a person's rows.
    """

    __tablename__ = "billing_webhook_events"
    __table_args__ = (Index(None, "user_id", "payment_attempt_id"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    payment_attempt_id: Mapped[int | None] = mapped_column(BigInteger)
    occurred_at: Mapped[datetime] = mapped_column(instant)
    received_at: Mapped[datetime] = mapped_column(instant, server_default=now)


class BillingPlanChange(Table):
    """A change of plan within one subscription; the prices are those of its period.

    `carried_cents` are owed when it has taken effect, but too little to be charged alone.
    """

    __tablename__ = "billing_plan_changes"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "id"),
        of_user("subscription_id", "user_subscriptions"),
        CheckConstraint("from_plan_code <> to_plan_code", "changes_the_plan"),
        UniqueConstraint("user_id", "idempotency_key"),
        Index(None, "user_id", "subscription_id"),
    )

    id: Mapped[numbered]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    subscription_id: Mapped[int] = mapped_column(BigInteger)
    from_plan_code: Mapped[str] = mapped_column(Text, ForeignKey("billing_plans.code"))
    to_plan_code: Mapped[str] = mapped_column(Text, ForeignKey("billing_plans.code"))
    idempotency_key: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    from_price_cents: Mapped[int | None]
    to_price_cents: Mapped[int | None]
    carried_cents: Mapped[int | None]
