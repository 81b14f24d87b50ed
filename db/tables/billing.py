"""Plans, subscriptions and the payments that keep them active.

The accounts of people who were erased are kept without them, in `db.tables.archives`.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.states import PaymentStatus, SubscriptionStatus
from db.tables.base import Table, instant, now, numbered, of_user, one_of


class BillingPlan(Table):
    """A plan that is on sale, or that somebody still has."""

    __tablename__ = "billing_plans"
    __table_args__ = (
        CheckConstraint("monthly_price_cents >= 0", "monthly_price_cents"),
        CheckConstraint("daily_message_limit >= 0", "daily_message_limit"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", "currency"),
    )

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    display_name: Mapped[str] = mapped_column(Text)
    monthly_price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(Text)
    daily_message_limit: Mapped[int]
    is_on_sale: Mapped[bool] = mapped_column(server_default=true())


class UserSubscription(Table):
    """One subscription of a person; the newest row is the one that counts."""

    __tablename__ = "user_subscriptions"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "id"),
        one_of("status", *SubscriptionStatus),
        CheckConstraint("status <> 'active' OR started_at IS NOT NULL", "active_has_started"),
        Index(
            "uq_user_subscriptions_live",
            "user_id",
            unique=True,
            postgresql_where="status IN ('pending', 'active')",
        ),
        Index("ix_user_subscriptions_user_id_updated_at_id", "user_id", "updated_at", "id"),
    )

    id: Mapped[numbered]
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))
    plan_code: Mapped[str] = mapped_column(Text, ForeignKey("billing_plans.code"))
    status: Mapped[str] = mapped_column(Text)
    failure_reason: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None] = mapped_column(instant)
    created_at: Mapped[datetime] = mapped_column(instant, server_default=now)
    updated_at: Mapped[datetime] = mapped_column(instant, server_default=now)


class BillingPaymentAttempt(Table):
    """One attempt to take money for a subscription.

    `provider_key` identifies it to the provider; `idempotency_key` is a hash of the client's. While
    it is pending, a process may be asking the provider until `asked_until`; the next check is due
    at `next_check_at`. The token of the payment method is kept until it is settled.
    """

    __tablename__ = "billing_payment_attempts"
    __table_args__ = (
        PrimaryKeyConstraint("user_id", "id"),
        of_user("subscription_id", "user_subscriptions"),
        one_of("status", *PaymentStatus),
        CheckConstraint("amount_cents >= 0", "amount_cents"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", "currency"),
        UniqueConstraint("user_id", "idempotency_key"),
        UniqueConstraint("provider_reference"),
        UniqueConstraint("provider_key"),
        Index(None, "user_id", "subscription_id"),
        Index(
            "ix_billing_payment_attempts_pending",
            "next_check_at",
            postgresql_where="status = 'pending'",
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
    """A change of plan within one subscription."""

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
