"""The invoices of companies' months: one a month, with every event of overage on exactly one."""

from datetime import datetime, timedelta

from db.database import Database, Transaction
from db.queries.enterprise import company_billing
from db.row import Row
from db.states import InvoiceStatus
from services.clock import Clock, next_month
from services.enterprise.billing.rules import Terms, month_lines
from services.invoicing.book import InvoiceBook
from services.invoicing.records import InvoiceDraft

SETTLED_AFTER = timedelta(hours=6)
"""How long after a month it is invoiced: replies of its last minutes have ended by then."""


class MonthClosing:
    """Invoices months that are over; any number of processes may do it at once."""

    def __init__(self, database: Database, invoices: InvoiceBook, *, clock: Clock) -> None:
        self._database = database
        self._invoices = invoices
        self._clock = clock

    async def close_due(self) -> int:
        """Invoice every month that is over, and return how many there were.

        What ended after its month was invoiced is on the next invoice.
        """
        count = 0
        while await self._close_next():
            count += 1
        return count

    async def _close_next(self) -> bool:
        now = self._clock()
        month_start = (now - SETTLED_AFTER).date().replace(day=1)
        async with self._database.begin() as transaction:
            row = await company_billing.lock_due(transaction, month_start)
            if row is not None:
                await self._close(transaction, terms_from(row), now)
        return row is not None

    async def _close(self, transaction: Transaction, terms: Terms, now: datetime) -> None:
        account_id, end = terms.account_id, next_month(terms.billed_until)
        overage = await company_billing.count_uninvoiced(transaction, account_id, end)
        await company_billing.advance(transaction, account_id, end)
        lines = month_lines(terms, overage)
        if not lines:
            return
        source = f"month:{terms.billed_until:%Y-%m}"
        is_free = not any(line.amount_cents for line in lines)
        status = InvoiceStatus.PAID if is_free else InvoiceStatus.OPEN
        draft = InvoiceDraft(source, terms.currency, lines, status)
        invoice = await self._invoices.issue(transaction, account_id, draft, now)
        marked = await company_billing.mark_invoiced(transaction, account_id, end, invoice.id)
        if marked != overage:
            # A reply ended in between: nothing is kept, and the month is closed anew.
            raise OverageChanged
        if is_free:
            return
        await company_billing.add_payment(
            transaction,
            account_id,
            invoice_id=invoice.id,
            attempt=1,
            amount_cents=invoice.total_cents,
            currency=terms.currency,
            now=now,
            due_at=now,
        )


class OverageChanged(Exception):
    """While a month was invoiced, another event of it came."""


def terms_from(row: Row) -> Terms:
    """The terms in their row."""
    return Terms(
        account_id=row["enterprise_account_id"],
        currency=row["currency"],
        monthly_price_cents=row["monthly_price_cents"],
        overage_price_cents=row["overage_price_cents"],
        billed_until=row["billed_until"],
    )
