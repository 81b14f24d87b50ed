"""The type of the lines of invoices, and of what a change of plan would charge."""

from datetime import datetime

import strawberry

from db.states import InvoiceLineKind
from gql.values.mappings import Member, ObjectMapping
from services.invoicing.records import InvoiceLine as InvoiceLineRecord


@strawberry.type(description="Something that is charged or given back.")
class InvoiceLine:
    """A line, from its record."""

    kind: InvoiceLineKind = strawberry.field(description="What the line is for.")
    description: str = strawberry.field(description="What the line is for, to be shown to people.")
    quantity: int = strawberry.field(description="How many were sold: 1 where none are counted.")
    amount_cents: int = strawberry.field(
        description=(
            "The amount of the whole line, in cents of the invoice's currency: before tax in an "
            "invoice, and with tax in a preview. Negative where it is given back."
        )
    )
    period_start: datetime | None = strawberry.field(
        description="When the period begins that the line is for."
    )
    period_end: datetime | None = strawberry.field(
        description="When the period ends that the line is for; not included."
    )


_ATTRIBUTES = ("kind", "description", "quantity", "amount_cents", "period_start", "period_end")
INVOICE_LINE = ObjectMapping(
    InvoiceLine, {name: Member(name) for name in _ATTRIBUTES}, source=InvoiceLineRecord
)
MAPPINGS = (INVOICE_LINE,)
