"""Drafts of invoices, and what the tests see of issued ones."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from db.database import Database, open_database
from db.row import Row
from db.states import InvoiceLineKind, InvoiceStatus
from services.invoicing.book import InvoiceBook, people_invoices
from services.invoicing.records import InvoiceDraft, InvoiceLine, IssuedInvoice
from tests.fixtures.stores.world import ADA, NOW

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
SELLER = "Guidance Inc\n1 Long Lane"


def line(
    amount_cents: int, kind: InvoiceLineKind = InvoiceLineKind.PERIOD, quantity: int = 1
) -> InvoiceLine:
    """A line for November."""
    return InvoiceLine(kind, "Basic Entry", quantity, amount_cents, START, END)


def draft(source: str, *amounts_cents: int, tax_cents: int = 0) -> InvoiceDraft:
    """A paid invoice in euros, or a credit note."""
    lines = [
        line(amount, InvoiceLineKind.CREDIT if amount < 0 else InvoiceLineKind.PERIOD)
        for amount in amounts_cents
    ]
    return InvoiceDraft(source, "EUR", lines, InvoiceStatus.PAID, tax_cents)


@dataclass
class Issuer:
    """Ada's invoices, and whoever looks at the tables."""

    database: Database
    watching: "asyncpg.Connection[Row]"
    book: InvoiceBook

    async def issue(
        self, order: InvoiceDraft, *, owner_id: int = ADA, now: datetime = NOW
    ) -> IssuedInvoice:
        async with self.database.begin() as transaction:
            return await self.book.issue(transaction, owner_id, order, now)

    async def issue_and_fail(self, order: InvoiceDraft) -> None:
        """Fail after an invoice was issued, in the same transaction."""
        async with self.database.begin() as transaction:
            await self.book.issue(transaction, ADA, order, NOW)
            raise ZeroDivisionError

    async def credit(self, source: str, order: InvoiceDraft) -> IssuedInvoice:
        async with self.database.begin() as transaction:
            return await self.book.credit(transaction, ADA, source, order, NOW)

    async def settle(self, source: str, status: InvoiceStatus) -> bool:
        async with self.database.begin() as transaction:
            return await self.book.settle(transaction, ADA, source, status)

    async def rows(self, query: str, *arguments: object) -> list[Row]:
        rows: list[Row] = await self.watching.fetch(query, *arguments)
        return rows

    async def amounts(self, invoice_id: int) -> list[int]:
        """The amounts of an invoice's lines."""
        rows = await self.rows(
            "SELECT amount_cents FROM user_invoice_lines WHERE invoice_id = $1 "
            "ORDER BY line_number",
            invoice_id,
        )
        return [row["amount_cents"] for row in rows]


@asynccontextmanager
async def issuer(url: str) -> AsyncIterator[Issuer]:
    """Issue on the database at `url`."""
    watching = await asyncpg.connect(url)
    try:
        async with open_database(url, replica_url=None, pool_size=4, observe=None) as database:
            yield Issuer(database, watching, people_invoices(SELLER))
    finally:
        await watching.close()


def play(url: str, scenario: Callable[[Issuer], Awaitable[None]]) -> None:
    """Play a scenario with Ada's invoices."""

    async def run() -> None:
        async with issuer(url) as parts:
            await scenario(parts)

    asyncio.run(run())
