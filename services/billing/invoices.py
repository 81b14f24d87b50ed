"""Invoices for what people paid, and credit notes for what they were given back."""

from dataclasses import dataclass
from datetime import datetime

from db.database import Transaction
from db.states import InvoiceLineKind, InvoiceStatus, PaymentKind
from services.billing.current import plan_of_code, price_segments
from services.billing.records import Payment, Plan, StoredSubscription
from services.billing.rules.lifecycle import period_of
from services.billing.rules.periods import Period, period_from
from services.billing.rules.plan_changes import first_price_cents
from services.billing.rules.proration import Difference, unused_cents
from services.billing.subscriptions.previews import carried_lines, difference_lines
from services.invoicing.book import InvoiceBook
from services.invoicing.records import InvoiceDraft, InvoiceLine


@dataclass(frozen=True, slots=True)
class PaidInvoices:
    """Issues what belongs to a payment, in the transaction that settles it, as its last step."""

    book: InvoiceBook

    async def issue(
        self,
        transaction: Transaction,
        payment: Payment,
        before: StoredSubscription,
        *,
        tax_cents: int,
        now: datetime,
    ) -> None:
        """Issue the invoice of a payment that succeeded; `before` is what it has changed."""
        if payment.amount_cents == 0:
            return
        plan = await plan_of_code(transaction, payment.plan_code)
        carried_cents = await _carried_cents(transaction, payment, before)
        lines = _lines(payment, plan, before, now, carried_cents)
        draft = InvoiceDraft(
            _source(payment.id),
            payment.currency,
            (*lines, *carried_lines(carried_cents)),
            InvoiceStatus.PAID,
            tax_cents,
        )
        await self.book.issue(transaction, before.user_id, draft, now)

    async def credit(
        self, transaction: Transaction, user_id: int, refund: Payment, now: datetime
    ) -> None:
        """Issue the credit note of a refund; none for a payment that was never invoiced.

        Money that came back is sent another time: the note that was issued first is for that, too.
        """
        source = _source(refund.refund_of_id or 0)
        invoice = await self.book.books.lock(transaction, user_id, source)
        if invoice is None:
            return
        credited = await self.book.books.credited(transaction, user_id, invoice["id"])
        left_cents = invoice["total_cents"] + int(credited["total_cents"])
        left_tax_cents = invoice["tax_cents"] + int(credited["tax_cents"])
        amount_cents = min(refund.amount_cents, left_cents)
        if amount_cents == 0:
            return
        plan = await plan_of_code(transaction, refund.plan_code)
        line = InvoiceLine(InvoiceLineKind.CREDIT, plan.display_name, 1, -amount_cents)
        draft = InvoiceDraft(
            f"refund:{refund.id}",
            refund.currency,
            (line,),
            InvoiceStatus.PAID,
            -(left_tax_cents * amount_cents // left_cents),
        )
        await self.book.credit(transaction, user_id, source, draft, now)


async def _carried_cents(
    transaction: Transaction, payment: Payment, before: StoredSubscription
) -> int:
    """How much of a payment was owed by changes before it."""
    if payment.kind is PaymentKind.RENEWAL and payment.plan_price_cents is not None:
        return payment.amount_cents - payment.plan_price_cents
    if payment.kind is not PaymentKind.PRORATION:
        return 0
    *earlier, _paid = await price_segments(transaction, before)
    return earlier[-1].carried_cents if earlier else 0


def _lines(
    payment: Payment,
    plan: Plan,
    before: StoredSubscription,
    now: datetime,
    carried_cents: int,
) -> tuple[InvoiceLine, ...]:
    amount_cents = payment.amount_cents - carried_cents
    whole = period_of(before.state)
    if payment.kind is PaymentKind.PRORATION and whole is not None:
        rest = Period(payment.period_start or now, whole.end)
        credit = -unused_cents(whole, first_price_cents(before), rest.start)
        charged = Difference(charge_cents=amount_cents - credit, credit_cents=credit)
        return difference_lines(before.plan, plan, rest, charged)
    # What a checkout pays for begins when it is paid.
    first = period_from(now, now)
    start, end = payment.period_start or first.start, payment.period_end or first.end
    line = InvoiceLine(InvoiceLineKind.PERIOD, plan.display_name, 1, amount_cents, start, end)
    return (line,)


def _source(payment_id: int) -> str:
    return f"payment:{payment_id}"
