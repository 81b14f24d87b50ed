"""The parts of billing, built once a process: the payment provider and what asks it."""

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
"""Between the longest that a provider is asked for and the belief that nobody asks any more."""


@dataclass(frozen=True, slots=True)
class Billing:
    """What a process takes payments with."""

    provider: PaymentProvider
    charging: Charging
    events: PaymentEvents
    service: BillingService


@asynccontextmanager
async def open_billing(
    settings: Settings, database: Database, *, invalidate: Invalidate, clock: Clock
) -> AsyncIterator[Billing]:
    """Build the parts; leaving closes the provider's connections."""
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
