"""What companies pay: their terms, the events of metered overage, and payments of invoices."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.states import MeterEventStatus, PaymentStatus
from db.tables.base import Table, instant, numbered, of_account, one_of

_ACCOUNT = "enterprise_account_id"


class EnterpriseBillingTerms(Table):
    """What a company pays for a month and for a request over its contract, and with what.

    Months before `billed_until`, the first day of one, are invoiced.
    """

    __tablename__ = "enterprise_billing_terms"
    __table_args__ = (
        CheckConstraint("currency ~ '^[A-Z]{3}$'", "currency"),
        CheckConstraint("monthly_price_cents >= 0 AND overage_price_cents >= 0", "prices"),
        Index(None, "billed_until"),
    )

    enterprise_account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("enterprise_accounts.id"), primary_key=True, autoincrement=False
    )
    currency: Mapped[str] = mapped_column(Text)
    monthly_price_cents: Mapped[int] = mapped_column(BigInteger)
    overage_price_cents: Mapped[int] = mapped_column(BigInteger)
    customer: Mapped[str] = mapped_column(Text)
    payment_method: Mapped[str] = mapped_column(Text)
    starts_on: Mapped[date]
    billed_until: Mapped[date]


class EnterpriseMeterEvent(Table):
    """A request over the contract, which the provider's meter and one invoice are to count.

    It is `sent` from when the provider is asked for the first time until it has answered, and
    sent again then only while the provider knows its id.
    """

    __tablename__ = "enterprise_meter_events"
    __table_args__ = (
        PrimaryKeyConstraint(_ACCOUNT, "generation_id"),
        one_of("status", *MeterEventStatus),
        ForeignKeyConstraint([_ACCOUNT], [f"enterprise_billing_terms.{_ACCOUNT}"]),
        of_account("invoice_id", "enterprise_invoices"),
        Index(
            "ix_enterprise_meter_events_untaken",
            "send_after",
            postgresql_where=text("status <> 'taken'"),
        ),
        Index(None, _ACCOUNT, "invoice_id"),
    )

    enterprise_account_id: Mapped[int] = mapped_column(BigInteger)
    generation_id: Mapped[int] = mapped_column(BigInteger)
    usage_date: Mapped[date]
    occurred_at: Mapped[datetime] = mapped_column(instant)
    status: Mapped[str] = mapped_column(Text, server_default=text("'pending'"))
    first_sent_at: Mapped[datetime | None] = mapped_column(instant)
    send_after: Mapped[datetime] = mapped_column(instant)
    taken_at: Mapped[datetime | None] = mapped_column(instant)
    invoice_id: Mapped[int | None] = mapped_column(BigInteger)


class EnterprisePayment(Table):
    """An attempt to take the money of a company's invoice.

    What it is charged to is what the terms said when it was charged first, as its key is for that.
    """

    __tablename__ = "enterprise_payments"
    __table_args__ = (
        PrimaryKeyConstraint(_ACCOUNT, "id"),
        one_of("status", PaymentStatus.PENDING, PaymentStatus.SUCCEEDED, PaymentStatus.FAILED),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", "currency"),
        UniqueConstraint(_ACCOUNT, "invoice_id", "attempt"),
        of_account("invoice_id", "enterprise_invoices"),
        Index(
            "ix_enterprise_payments_pending",
            "next_check_at",
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: Mapped[numbered]
    enterprise_account_id: Mapped[int] = mapped_column(BigInteger)
    invoice_id: Mapped[int] = mapped_column(BigInteger)
    attempt: Mapped[int]
    status: Mapped[str] = mapped_column(Text, server_default=text("'pending'"))
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    provider_reference: Mapped[str | None] = mapped_column(Text)
    failure_reason: Mapped[str | None] = mapped_column(Text)
    customer: Mapped[str | None] = mapped_column(Text)
    payment_method: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(instant)
    asked_at: Mapped[datetime | None] = mapped_column(instant)
    next_check_at: Mapped[datetime] = mapped_column(instant)
