"""What companies pay: events of use, invoices of months, and their payments."""

from dataclasses import dataclass

from app.settings import Settings
from clients.payments.provider import FullProvider
from db.database import Database
from services.clock import Clock
from services.enterprise.billing.collection import Collection
from services.enterprise.billing.metering import MeterEventSender
from services.enterprise.billing.months import MonthClosing
from services.invoicing.book import company_invoices


@dataclass(frozen=True, slots=True)
class CompanyBilling:
    """The parts of companies' billing."""

    sender: MeterEventSender
    months: MonthClosing
    collection: Collection


def open_company_billing(
    settings: Settings, database: Database, provider: FullProvider, *, clock: Clock
) -> CompanyBilling:
    """Build what bills companies; it works in the background."""
    patient, invoices = database.in_background(), company_invoices(settings.billing_seller)
    return CompanyBilling(
        MeterEventSender(patient, provider, clock=clock),
        MonthClosing(patient, provider, invoices, clock=clock),
        Collection(patient, provider, invoices, clock=clock),
    )
