"""Billing: the payment provider, charges, and what the provider's events cause."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.settings import Settings
from clients.payments.opening import open_payment_provider
from clients.payments.provider import PaymentProvider
from db.database import Database
from services.billing.charging import Charging
from services.billing.events import PaymentEvents
from services.billing.outcomes import Invalidate, Outcomes
from services.billing.service import BillingService
from services.clock import Clock

_SPARE_SECONDS = 10
"""Added to the provider's timeout before an unfinished charge is taken over by another process."""


@dataclass(frozen=True, slots=True)
class Billing:
    """The parts of billing."""

    provider: PaymentProvider
    charging: Charging
    events: PaymentEvents
    service: BillingService


@asynccontextmanager
async def open_billing(
    settings: Settings, database: Database, *, invalidate: Invalidate, clock: Clock
) -> AsyncIterator[Billing]:
    """Build billing; leaving closes the connections to the provider."""
    async with open_payment_provider(settings.payments, clock=clock) as provider:
        outcomes = Outcomes(invalidate=invalidate, clock=clock)
        patience_seconds = settings.payments_timeout_seconds + _SPARE_SECONDS
        charging = Charging(database, provider, outcomes, patience_seconds=patience_seconds)
        yield Billing(
            provider,
            charging,
            PaymentEvents(database, outcomes, clock=clock),
            BillingService(database, charging, invalidate=invalidate, clock=clock),
        )
