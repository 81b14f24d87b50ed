"""Invoices before they are issued, and what issuing gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.states import InvoiceLineKind, InvoiceStatus


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """What is charged, or with a negative amount given back, for a period if there is one.

    In a draft the amount includes tax; in an issued invoice it does not.
    """

    kind: InvoiceLineKind
    description: str
    quantity: int
    amount_cents: int
    period_start: datetime | None = None
    period_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """An invoice to be issued for its `source`, once: such as `payment:17`.

    `tax_cents` is the part of the sum of the lines that is tax; negative in a credit note.
    """

    source: str
    currency: str
    lines: Sequence[InvoiceLine]
    status: InvoiceStatus
    tax_cents: int = 0

    @property
    def total_cents(self) -> int:
        """What is charged, tax included."""
        return sum(line.amount_cents for line in self.lines)


@dataclass(frozen=True, slots=True)
class IssuedInvoice:
    """An invoice that is final: nothing but its status changes."""

    id: int
    number: str
    total_cents: int
