"""The invoices of companies' months: one a month, with every event of overage on exactly one."""

from datetime import date, datetime, timedelta

import structlog

from clients.payments.provider import (
    PaymentProviderRefused,
    PaymentProviderUnavailable,
    TaxComputation,
)
from clients.payments.records import Sale
from db.database import Database, Transaction
from db.queries.enterprise import company_billing, company_payments
from db.row import Row
from db.states import InvoiceStatus
from services.clock import Clock, next_month
from services.enterprise.billing.rules import Terms, is_carried, month_lines
from services.invoicing.book import InvoiceBook
from services.invoicing.records import InvoiceDraft

SETTLED_AFTER = timedelta(hours=6)
"""How long after a month it is invoiced: replies of its last minutes have ended by then."""
_TRIES = 3
"""How often a month is drafted whose events change meanwhile, before it waits for the next run."""
_log = structlog.get_logger("guidance.billing")


class DraftOutdated(Exception):
    """While a month was drafted, another event of it came, or the terms changed."""


class MonthClosing:
    """Invoices months that are over; any number of processes may do it at once.

    The tax of a draft is asked for between two transactions, and the draft is issued if it still is
    what the month costs.
    """

    def __init__(
        self,
        database: Database,
        provider: TaxComputation,
        invoices: InvoiceBook,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._provider = provider
        self._invoices = invoices
        self._clock = clock

    async def close_due(self) -> int:
        """Close every month that is over, and return how many there were.

        What ended after its month was invoiced is on the next invoice, and so is what is too little
        to be charged. A company whose tax nobody can compute waits, and nobody waits for it.
        """
        month_start = (self._clock() - SETTLED_AFTER).date().replace(day=1)
        async with self._database.read_primary() as connection:
            accounts = await company_billing.due_accounts(connection, month_start)
        count = 0
        for account_id in accounts:
            while await self._close_next(account_id, month_start):
                count += 1
        return count

    async def _close_next(self, account_id: int, month_start: date) -> bool:
        for _ in range(_TRIES):
            async with self._database.read_primary() as connection:
                row = await company_billing.due_of_account(connection, account_id, month_start)
                if row is None:
                    return False
                terms = terms_from(row)
                overage = await company_billing.count_uninvoiced(
                    connection, account_id, next_month(terms.billed_until)
                )
            draft = await self._draft(terms, overage)
            if draft is None:
                return False
            try:
                async with self._database.begin() as transaction:
                    return await self._close(transaction, terms, overage, draft, month_start)
            except DraftOutdated:
                continue
        return False

    async def _draft(self, terms: Terms, overage: int) -> InvoiceDraft | None:
        """The invoice of a month with its tax; None while the provider does not say it."""
        lines = month_lines(terms, overage)
        source = f"month:{terms.billed_until:%Y-%m}"
        amount_cents = sum(line.amount_cents for line in lines)
        key = f"company:{terms.account_id}:{source}:{amount_cents}"
        tax_cents = 0
        try:
            if amount_cents and not is_carried(lines, terms.currency):
                sale = Sale(terms.customer, amount_cents, terms.currency, key)
                tax_cents = await self._provider.tax_cents(sale)
        except PaymentProviderUnavailable as error:
            _log.warning("a month is not invoiced yet", sale=key, why=str(error))
            return None
        except PaymentProviderRefused:
            _log.exception("the tax of a month cannot be computed", sale=key)
            return None
        status = InvoiceStatus.OPEN if amount_cents else InvoiceStatus.PAID
        return InvoiceDraft(source, terms.currency, lines, status, tax_cents)

    async def _close(
        self,
        transaction: Transaction,
        terms: Terms,
        overage: int,
        draft: InvoiceDraft,
        month_start: date,
    ) -> bool:
        """Close the month, with the draft unless it is empty or carried; raises `DraftOutdated`."""
        row = await company_billing.lock_due(transaction, terms.account_id, month_start)
        if row is None:
            return False
        if terms_from(row) != terms:
            raise DraftOutdated
        end = next_month(terms.billed_until)
        await company_billing.advance(transaction, terms.account_id, end)
        if draft.lines and not is_carried(draft.lines, draft.currency):
            await self._issue(transaction, terms.account_id, overage, draft, end)
        return True

    async def _issue(
        self,
        transaction: Transaction,
        account_id: int,
        overage: int,
        draft: InvoiceDraft,
        end: date,
    ) -> None:
        now: datetime = self._clock()
        invoice = await self._invoices.issue(transaction, account_id, draft, now)
        marked = await company_billing.mark_invoiced(transaction, account_id, end, invoice.id)
        if marked != overage:
            raise DraftOutdated
        if draft.status is InvoiceStatus.OPEN:
            await company_payments.add_payment(
                transaction,
                account_id,
                invoice_id=invoice.id,
                attempt=1,
                amount_cents=invoice.total_cents,
                currency=draft.currency,
                now=now,
                due_at=now,
            )


def terms_from(row: Row) -> Terms:
    """The terms in their row."""
    return Terms(
        account_id=row["enterprise_account_id"],
        currency=row["currency"],
        monthly_price_cents=row["monthly_price_cents"],
        overage_price_cents=row["overage_price_cents"],
        billed_until=row["billed_until"],
        customer=row["customer"],
    )
