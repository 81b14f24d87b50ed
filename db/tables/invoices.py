"""Invoices of people and of companies, and the counters that number them all.

An issued invoice is immutable: triggers refuse every change of it but that of its status, every
line that comes later, and its deletion, unless an erasure archived it in the same transaction.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Sequence,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from db.states import InvoiceLineKind, InvoiceStatus
from db.tables.base import Table, instant, one_of

INVOICE_IDS = Sequence("invoice_ids", metadata=Table.metadata)
"""Of people and of companies, so that an id says one invoice."""


class InvoiceCounter(Table):
    """The last number of a series; whoever issues an invoice holds its row until the commit."""

    __tablename__ = "invoice_counters"
    __table_args__ = (CheckConstraint("last_number > 0", "last_number"),)

    series: Mapped[str] = mapped_column(Text, primary_key=True)
    last_number: Mapped[int] = mapped_column(BigInteger)


def _invoice_constraints(owner: str) -> tuple[SchemaItem, ...]:
    return (
        PrimaryKeyConstraint(owner, "id"),
        UniqueConstraint(owner, "source"),
        one_of("status", *InvoiceStatus),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", "currency"),
        CheckConstraint("total_cents = subtotal_cents + tax_cents", "total_cents"),
        CheckConstraint(
            "CASE WHEN credit_note_for IS NULL THEN total_cents >= 0 ELSE total_cents <= 0 END",
            "credit_notes_give_back",
        ),
        CheckConstraint("line_count > 0", "line_count"),
    )


def _line_constraints(owner: str, invoices: str) -> tuple[SchemaItem, ...]:
    return (
        PrimaryKeyConstraint(owner, "invoice_id", "line_number"),
        ForeignKeyConstraint([owner, "invoice_id"], [f"{invoices}.{owner}", f"{invoices}.id"]),
        one_of("kind", *InvoiceLineKind),
        CheckConstraint("kind <> 'credit' OR amount_cents <= 0", "credits_give_back"),
        CheckConstraint("quantity > 0", "quantity"),
    )


class InvoiceColumns:
    """What the invoices of people and of companies have in common.

    `source` is what it was issued for, and `seller` and `recipient` are printed as they were then.
    """

    id: Mapped[int] = mapped_column(BigInteger, server_default=INVOICE_IDS.next_value())
    number: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    subtotal_cents: Mapped[int] = mapped_column(BigInteger)
    tax_cents: Mapped[int] = mapped_column(BigInteger)
    total_cents: Mapped[int] = mapped_column(BigInteger)
    line_count: Mapped[int] = mapped_column(Integer)
    seller: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime] = mapped_column(instant)
    credit_note_for: Mapped[int | None] = mapped_column(BigInteger)


class InvoiceLineColumns:
    """What the lines of people's and of companies' invoices have in common."""

    invoice_id: Mapped[int] = mapped_column(BigInteger)
    line_number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Integer)
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    period_start: Mapped[datetime | None] = mapped_column(instant)
    period_end: Mapped[datetime | None] = mapped_column(instant)


class UserInvoice(InvoiceColumns, Table):
    """An invoice or a credit note of a person."""

    __tablename__ = "user_invoices"
    __table_args__ = (
        *_invoice_constraints("user_id"),
        Index("ix_user_invoices_user_id_issued_at_id", "user_id", "issued_at", "id"),
        Index(
            "ix_user_invoices_credit_notes",
            *("user_id", "credit_note_for"),
            postgresql_where=text("credit_note_for IS NOT NULL"),
        ),
    )

    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id"))


class UserInvoiceLine(InvoiceLineColumns, Table):
    """A line of a person's invoice."""

    __tablename__ = "user_invoice_lines"
    __table_args__ = _line_constraints("user_id", "user_invoices")

    user_id: Mapped[int] = mapped_column(BigInteger)


class EnterpriseInvoice(InvoiceColumns, Table):
    """An invoice or a credit note of a company."""

    __tablename__ = "enterprise_invoices"
    __table_args__ = (
        *_invoice_constraints("enterprise_account_id"),
        Index(
            "ix_enterprise_invoices_enterprise_account_id_issued_at_id",
            *("enterprise_account_id", "issued_at", "id"),
        ),
        Index(
            "ix_enterprise_invoices_credit_notes",
            *("enterprise_account_id", "credit_note_for"),
            postgresql_where=text("credit_note_for IS NOT NULL"),
        ),
    )

    enterprise_account_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("enterprise_accounts.id")
    )


class EnterpriseInvoiceLine(InvoiceLineColumns, Table):
    """A line of a company's invoice."""

    __tablename__ = "enterprise_invoice_lines"
    __table_args__ = _line_constraints("enterprise_account_id", "enterprise_invoices")

    enterprise_account_id: Mapped[int] = mapped_column(BigInteger)
