"""Billing: the payment provider, charges, and what the provider's events cause."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from app.settings import Settings
from clients.payments.opening import open_payment_provider
from clients.payments.provider import FullProvider
from db.database import Database
from services.billing.processing import PaymentProcessor
from services.billing.provider_events import PaymentEventHandler
from services.billing.service import BillingService
from services.billing.settlement import Invalidate, PaymentSettlement
from services.clock import Clock

_SANDBOX = "sandbox.sqlite"
_SPARE_SECONDS = 10
"""Added to the provider's timeout before an unfinished charge is taken over by another process."""


@dataclass(frozen=True, slots=True)
class Billing:
    """The parts of billing."""

    provider: FullProvider
    charging: PaymentProcessor
    events: PaymentEventHandler
    service: BillingService


@asynccontextmanager
async def open_billing(
    settings: Settings, database: Database, *, invalidate: Invalidate, clock: Clock
) -> AsyncIterator[Billing]:
    """Build billing; leaving closes the connections to the provider."""
    payments = replace(settings.payments, sandbox_path=settings.guidance_data_dir / _SANDBOX)
    async with open_payment_provider(payments, clock=clock) as provider:
        outcomes = PaymentSettlement(invalidate=invalidate, clock=clock)
        overdue_seconds = settings.payments_timeout_seconds + _SPARE_SECONDS
        charging = PaymentProcessor(database, provider, outcomes, overdue_seconds=overdue_seconds)
        yield Billing(
            provider,
            charging,
            PaymentEventHandler(database, outcomes, clock=clock),
            BillingService(database, charging, invalidate=invalidate, clock=clock),
        )
