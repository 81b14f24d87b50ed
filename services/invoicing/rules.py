"""What may be issued, how tax is spread over lines, and what invoices are called."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from db.states import InvoiceStatus
from services.invoicing.records import InvoiceDraft

_MOST_LINES = 1_000
_CHANGES = {
    InvoiceStatus.PAID: (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE),
    InvoiceStatus.UNCOLLECTIBLE: (InvoiceStatus.OPEN,),
    InvoiceStatus.CREDITED: (InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE),
}


class InvalidDraft(ValueError):
    """The caller wants to issue what is no invoice."""


class CreditExceedsInvoice(InvalidDraft):
    """The credit notes for an invoice would give back more than it charged."""


def check_invoice(draft: InvoiceDraft) -> None:
    """Raise `InvalidDraft` unless this can be an invoice."""
    _check_lines(draft)
    if not 0 <= draft.tax_cents <= draft.total_cents:
        raise InvalidDraft(f"an invoice of {draft.total_cents} cents with {draft.tax_cents} of tax")


def check_credit_note(draft: InvoiceDraft, *, left_cents: int, left_tax_cents: int) -> None:
    """Raise `InvalidDraft` unless the note gives back something of what is left of an invoice."""
    _check_lines(draft)
    if not draft.total_cents < 0 or not draft.total_cents <= draft.tax_cents <= 0:
        raise InvalidDraft(
            f"a credit note of {draft.total_cents} cents with {draft.tax_cents} of tax"
        )
    if -draft.total_cents > left_cents or -draft.tax_cents > left_tax_cents:
        raise CreditExceedsInvoice(
            f"{left_cents} cents, {left_tax_cents} of tax, are left of the invoice"
        )


def statuses_before(status: InvoiceStatus) -> Sequence[InvoiceStatus]:
    """The statuses from which an invoice may change to this one."""
    return _CHANGES.get(status, ())


def series(issued_at: datetime, *, is_credit_note: bool) -> str:
    """The series that an invoice is numbered in: one a year, and another for credit notes."""
    return f"{'CN' if is_credit_note else 'INV'}-{issued_at.year}"


def number(series_: str, count: int) -> str:
    """The number of the `count`th invoice of a series."""
    return f"{series_}-{count:06}"


def amounts_before_tax(amounts_cents: Sequence[int], tax_cents: int) -> list[int]:
    """The amounts without their share of the tax; what they lack to their sum is the tax exactly.

    Shares are rounded down, and the cents that are left go to the largest remainders.
    """
    total = sum(amounts_cents)
    if total == 0:
        return list(amounts_cents)
    exact = [Fraction(amount * tax_cents, total) for amount in amounts_cents]
    shares = [share.numerator // share.denominator for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda one: shares[one] - exact[one])
    for one in by_remainder[: tax_cents - sum(shares)]:
        shares[one] += 1
    return [amount - share for amount, share in zip(amounts_cents, shares, strict=True)]


def _check_lines(draft: InvoiceDraft) -> None:
    if not 1 <= len(draft.lines) <= _MOST_LINES:
        raise InvalidDraft(f"an invoice of {len(draft.lines)} lines")
    for line in draft.lines:
        if line.quantity < 1 or not line.description.strip():
            raise InvalidDraft(f"a line of {line.quantity} without a description")
