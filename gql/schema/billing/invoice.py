"""The type of invoices, of people and of companies, and their pages."""

from datetime import datetime
from typing import Optional

import strawberry

from db.row import Row
from db.states import InvoiceStatus, OwnerKind
from gql.context import Info
from gql.schema import described
from gql.schema.billing.invoice_line import InvoiceLine
from gql.schema.connections import PageInfo, page_info
from gql.schema.node import Node
from gql.values.cost_weights import Weight
from gql.values.mappings import (
    Column,
    Cursor,
    GlobalId,
    Instant,
    Member,
    Nested,
    ObjectMapping,
    Sourced,
)
from gql.values.sharing import SECRET
from loaders import InvoiceKey, Slice
from loaders.batching.loader import LoaderFuture
from services.invoicing.links import InvoiceAddress
from services.invoicing.records import InvoiceLine as InvoiceLineRecord


@strawberry.type(
    description="What was charged, numbered without gaps; nothing but its status ever changes."
)
class Invoice(Node):
    """An invoice or a credit note of the viewer's, or of the company that they administer."""

    owner_kind: strawberry.Private[OwnerKind]
    owner_id: strawberry.Private[int]
    credited_key: strawberry.Private[int | None]
    number: str = strawberry.field(
        description="The number, such as INV-2026-000042, or CN-2026-000007 of a credit note."
    )
    status: InvoiceStatus = strawberry.field(description="Whether it is paid.")
    currency: str = strawberry.field(description="ISO 4217, for example EUR.")
    subtotal_cents: int = strawberry.field(
        description="The sum of the lines, before tax; negative in a credit note."
    )
    tax_cents: int = strawberry.field(description="The tax, as the payment provider computed it.")
    total_cents: int = strawberry.field(description="What is charged: `subtotalCents` and tax.")
    issued_at: datetime = strawberry.field(description="When it was issued and numbered.")

    @described.field("What is charged, in the order of the print.", Weight(assumed_size=3))
    def lines(
        self, info: Info
    ) -> Sourced[list[InvoiceLine], LoaderFuture[tuple[InvoiceLineRecord, ...]]]:
        key = InvoiceKey(self.owner_kind, self.owner_id, self.key)
        return info.context.loaders.invoice_lines.start(key)

    @described.field(
        "A link to the printed invoice that needs no further sign-in and works for an hour; one "
        "that begins with `/` is relative to the API's address. Null until it is made.",
        sharing=SECRET,
    )
    def pdf_url(self, info: Info) -> str | None:
        address = InvoiceAddress(self.owner_kind, self.owner_id, self.key)
        return info.context.services.invoice_links.url(address)

    @described.field("Of a credit note: the invoice that it corrects.")
    def credit_note_for(
        self, info: Info
    ) -> Sourced[Optional["Invoice"], LoaderFuture[Row | None] | None]:
        if self.credited_key is None:
            return None
        return info.context.loaders.invoice.start(self.credited_key)


INVOICE = ObjectMapping(
    Invoice,
    {
        "key": Column("id"),
        "id": GlobalId("Invoice"),
        "owner_kind": Column("owner_kind", OwnerKind),
        "owner_id": Column("owner_id"),
        "credited_key": Column("credit_note_for"),
        "number": Column("number"),
        "status": Column("status", InvoiceStatus),
        "currency": Column("currency"),
        "subtotal_cents": Column("subtotal_cents"),
        "tax_cents": Column("tax_cents"),
        "total_cents": Column("total_cents"),
        "issued_at": Instant("issued_at"),
    },
)


@strawberry.type(description="An invoice at its place in the list.")
class InvoiceEdge:
    """An edge of an `InvoiceConnection`."""

    node: Invoice = strawberry.field(description="The invoice at this place of the list.")
    cursor: str = strawberry.field(description="The invoice's place, for `after`.")


INVOICES, _AT = "invoices", "issued_at"
"""The name of an owner's list of invoices in cursors, and the column that orders it."""
INVOICE_EDGE = ObjectMapping(
    InvoiceEdge, {"node": Nested(INVOICE), "cursor": Cursor(INVOICES, _AT)}
)


@strawberry.type(description="A page of invoices and credit notes, newest first.")
class InvoiceConnection:
    """A page of one person's or one company's invoices."""

    edges: list[InvoiceEdge] = strawberry.field(description="The invoices of the page.")
    page_info: PageInfo = strawberry.field(
        description="Whether there are more before and after the page, and the cursors to ask "
        "for them."
    )


INVOICE_CONNECTION = ObjectMapping(
    InvoiceConnection,
    {"edges": Member("rows"), "page_info": page_info(INVOICES, _AT)},
    source=Slice,
)
MAPPINGS = (INVOICE, INVOICE_EDGE, INVOICE_CONNECTION)
