"""Invoices: the links to them, and whoever prints them."""

from dataclasses import dataclass
from functools import cache

from app.composition.secrets import stored_secret
from app.settings import Settings
from db.database import Database
from services.clock import Clock
from services.invoicing.links import InvoiceLinks
from services.invoicing.printing.service import InvoicePrinter

_LINK_SECRET = "link-secret"  # noqa: S105 - the name of its file


@dataclass(frozen=True, slots=True)
class Invoicing:
    """The parts of reading invoices."""

    links: InvoiceLinks
    printer: InvoicePrinter


def open_invoicing(settings: Settings, database: Database, *, clock: Clock) -> Invoicing:
    """Build what shows invoices; their links share the secret of others, and say other things."""
    return Invoicing(
        InvoiceLinks(
            cache(lambda: stored_secret(settings.guidance_data_dir, _LINK_SECRET).encode()),
            base_url=settings.public_base_url,
            clock=clock,
        ),
        InvoicePrinter(database),
    )
