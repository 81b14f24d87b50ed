"""The PDF of an issued invoice, made from what is stored of it."""

from operator import itemgetter

from db.database import Database
from db.queries.invoicing import pages
from db.row import Row
from services.invoicing.links import InvoiceAddress
from services.invoicing.printing.content import PrintedInvoice, PrintedLine, money, period
from services.invoicing.printing.press import Press
from services.invoicing.records import InvoiceLine
from services.invoicing.rows import line_from


class InvoicePrinter:
    """Prints invoices when they are asked for; nothing is stored that an erasure could miss."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._press = Press()

    async def pdf(self, address: InvoiceAddress) -> tuple[str, bytes] | None:
        """An invoice's number and PDF, None if it is not there; raises `PrintingFailed`."""
        kind, owner_id, id_ = address.owner_kind, address.owner_id, address.invoice_id
        async with self._database.read_primary() as connection:
            invoice = await pages.printed(connection, kind, owner_id, id_)
            if invoice is None:
                return None
            lines = await pages.lines(connection, kind, [owner_id], [id_])
        lines.sort(key=itemgetter("line_number"))
        printed = printed_invoice(invoice, [line_from(line) for line in lines])
        return invoice["number"], await self._press.print(printed)


def printed_invoice(invoice: Row, lines: list[InvoiceLine]) -> PrintedInvoice:
    """What is printed of an invoice's row and its lines."""
    currency, corrected = invoice["currency"], invoice["corrected_number"]
    facts = [("Number", invoice["number"]), ("Date", f"{invoice['issued_at']:%Y-%m-%d}")]
    if corrected is not None:
        facts.append(("Corrects", corrected))
    return PrintedInvoice(
        title="Invoice" if corrected is None else "Credit note",
        seller=invoice["seller"],
        recipient=invoice["recipient"],
        facts=tuple(facts),
        lines=tuple(
            PrintedLine(
                line.description,
                period(line.period_start, line.period_end),
                f"{line.quantity:,}",
                money(line.amount_cents, currency),
            )
            for line in lines
        ),
        sums=(
            ("Subtotal", money(invoice["subtotal_cents"], currency)),
            ("Tax", money(invoice["tax_cents"], currency)),
            ("Total", money(invoice["total_cents"], currency)),
        ),
        issued_at=invoice["issued_at"],
    )
