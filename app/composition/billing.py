"""Billing: the payment provider, charges, and what the provider's events cause."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from app.settings import Settings
from clients.payments.opening import open_payment_provider
from clients.payments.provider import FullProvider
from db.database import Database
from services.billing.closing import AccountClosing
from services.billing.customers import Customers
from services.billing.invoices import PaidInvoices
from services.billing.orders import OrderDesk
from services.billing.portal import PortalService
from services.billing.processing import PaymentProcessor
from services.billing.provider_events import PaymentEventHandler
from services.billing.refunds import RefundService
from services.billing.service import BillingService
from services.billing.settlement import Invalidate, PaymentSettlement
from services.billing.subscriptions.cancellation import CancellationService
from services.billing.subscriptions.following import SubscriptionFollowers
from services.billing.subscriptions.plan_changes import PlanChangeService
from services.billing.subscriptions.renewals import Renewals
from services.clock import Clock
from services.invoicing.book import people_invoices

_SANDBOX = "sandbox.sqlite"
_SPARE_SECONDS = 10
"""Added to the provider's timeout before an unfinished charge is taken over by another process."""


@dataclass(frozen=True, slots=True)
class Billing:
    """The parts of billing."""

    provider: FullProvider
    charging: PaymentProcessor
    events: PaymentEventHandler
    renewals: Renewals
    service: BillingService
    plan_changes: PlanChangeService
    cancellation: CancellationService
    portal: PortalService
    followers: SubscriptionFollowers
    closing: AccountClosing
    refunds: RefundService


@asynccontextmanager
async def open_billing(
    settings: Settings, database: Database, *, invalidate: Invalidate, clock: Clock
) -> AsyncIterator[Billing]:
    """Build billing; leaving closes the connections to the provider."""
    payments = replace(settings.payments, sandbox_path=settings.guidance_data_dir / _SANDBOX)
    async with open_payment_provider(payments, clock=clock) as provider:
        grace = timedelta(days=settings.billing_grace_days)
        invoices = PaidInvoices(people_invoices(settings.billing_seller))
        followers = SubscriptionFollowers(database, clock=clock)

        async def announce(user_ids: Sequence[int]) -> None:
            await invalidate(user_ids)
            followers.notice(user_ids)

        outcomes = PaymentSettlement(
            invoices=invoices, invalidate=announce, clock=clock, grace=grace
        )
        overdue_seconds = settings.payments_timeout_seconds + _SPARE_SECONDS
        customers = Customers(database, provider, clock=clock)
        charging = PaymentProcessor(
            database,
            provider,
            outcomes,
            customers=customers,
            overdue_seconds=overdue_seconds,
            clock=clock,
        )
        desk = OrderDesk(database, charging, invalidate=announce, clock=clock)
        closing = AccountClosing(database, charging, customers)
        yield Billing(
            provider,
            charging,
            PaymentEventHandler(database, outcomes, clock=clock),
            Renewals(database, charging, invalidate=announce, clock=clock),
            BillingService(desk),
            PlanChangeService(desk),
            CancellationService(desk),
            PortalService(customers),
            followers,
            closing,
            RefundService(database, charging, clock=clock),
        )
        await followers.close()
