"""Lines of invoices out of rows."""

from db.row import Row
from db.states import InvoiceLineKind
from services.invoicing.records import InvoiceLine


def line_from(row: Row) -> InvoiceLine:
    """The line in its row."""
    return InvoiceLine(
        kind=InvoiceLineKind(row["kind"]),
        description=row["description"],
        quantity=row["quantity"],
        amount_cents=row["amount_cents"],
        period_start=row["period_start"],
        period_end=row["period_end"],
    )
