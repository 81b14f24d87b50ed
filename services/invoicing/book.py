"""Issuing invoices and credit notes within a caller's transaction."""

from dataclasses import dataclass
from datetime import datetime

from db.database import Transaction
from db.queries.invoicing import numbers
from db.queries.invoicing.books import COMPANIES, PEOPLE, Books, InvoiceValues, LineValues
from db.row import Row
from db.states import InvoiceStatus
from services.callers.people import PersonUnknown
from services.invoicing.records import InvoiceDraft, IssuedInvoice
from services.invoicing.rules import (
    InvalidDraft,
    amounts_before_tax,
    check_credit_note,
    check_invoice,
    number,
    series,
    statuses_before,
)


@dataclass(frozen=True, slots=True)
class InvoiceBook:
    """The invoices of people, or of companies; `seller` is printed on those issued from now on.

    The number is drawn by the last statement but one of issuing, from a counter that all issuers
    share: issue as late in the transaction as possible, since others wait for its end.
    """

    books: Books
    seller: str

    async def issue(
        self, transaction: Transaction, owner_id: int, draft: InvoiceDraft, now: datetime
    ) -> IssuedInvoice:
        """Issue an invoice, or return the one that was issued for the same source.

        Raises `InvalidDraft`, and `PersonUnknown` if there is no such owner.
        """
        check_invoice(draft)
        issued = await self.books.by_source(transaction, owner_id, draft.source)
        return _issued(issued) if issued else await self._insert(transaction, owner_id, draft, now)

    async def settle(
        self, transaction: Transaction, owner_id: int, source: str, status: InvoiceStatus
    ) -> bool:
        """Change an invoice to paid or uncollectible; False if there is nothing to change."""
        return await self.books.settle(
            transaction, owner_id, source, status=status, from_statuses=statuses_before(status)
        )

    async def credit(
        self,
        transaction: Transaction,
        owner_id: int,
        invoice_source: str,
        draft: InvoiceDraft,
        now: datetime,
    ) -> IssuedInvoice:
        """Issue a credit note for the invoice of a source, or return that of the draft's source.

        Raises `InvalidDraft`, if there is no such invoice, and `CreditExceedsInvoice`.
        """
        invoice = await self.books.lock(transaction, owner_id, invoice_source)
        issued = await self.books.by_source(transaction, owner_id, draft.source)
        if issued is not None:
            return _issued(issued)
        if invoice is None or invoice["credit_note_for"] or invoice["currency"] != draft.currency:
            raise InvalidDraft(f"{invoice_source} has no invoice in {draft.currency}")
        credited = await self.books.credited(transaction, owner_id, invoice["id"])
        left_cents = invoice["total_cents"] + credited["total_cents"]
        check_credit_note(
            draft,
            left_cents=left_cents,
            left_tax_cents=invoice["tax_cents"] + credited["tax_cents"],
        )
        if left_cents == -draft.total_cents:
            await self.settle(transaction, owner_id, invoice_source, InvoiceStatus.CREDITED)
        return await self._insert(transaction, owner_id, draft, now, credit_note_for=invoice["id"])

    async def _insert(
        self,
        transaction: Transaction,
        owner_id: int,
        draft: InvoiceDraft,
        now: datetime,
        credit_note_for: int | None = None,
    ) -> IssuedInvoice:
        series_ = series(now, is_credit_note=credit_note_for is not None)
        amounts = amounts_before_tax([line.amount_cents for line in draft.lines], draft.tax_cents)
        values = InvoiceValues(
            number=number(series_, await numbers.draw_number(transaction, series_)),
            source=draft.source,
            status=draft.status,
            currency=draft.currency,
            subtotal_cents=draft.total_cents - draft.tax_cents,
            tax_cents=draft.tax_cents,
            total_cents=draft.total_cents,
            seller=self.seller,
            issued_at=now,
            credit_note_for=credit_note_for,
            lines=[
                LineValues(
                    kind=line.kind,
                    description=line.description,
                    quantity=line.quantity,
                    amount_cents=amount,
                    period_start=line.period_start,
                    period_end=line.period_end,
                )
                for line, amount in zip(draft.lines, amounts, strict=True)
            ],
        )
        row = await self.books.insert(transaction, owner_id, values)
        if row is None:
            raise PersonUnknown
        return _issued(row)


def people_invoices(seller: str) -> InvoiceBook:
    """The invoices of people."""
    return InvoiceBook(PEOPLE, seller)


def company_invoices(seller: str) -> InvoiceBook:
    """The invoices of companies."""
    return InvoiceBook(COMPANIES, seller)


def _issued(row: Row) -> IssuedInvoice:
    return IssuedInvoice(row["id"], row["number"], row["total_cents"])
