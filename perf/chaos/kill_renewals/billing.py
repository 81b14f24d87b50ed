"""Billing on the sandbox with a moved clock and a provider that fails, for workers and people."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from random import Random

from clients.payments.sandbox.account import SandboxAccount
from clients.payments.sandbox.clock import SandboxClock
from clients.payments.sandbox.provider import SandboxProvider
from clients.payments.webhook import WebhookReader
from db.database import Database, open_database
from perf.chaos.kill_renewals.faulty_provider import FaultyProvider
from services.billing.customers import Customers
from services.billing.invoices import PaidInvoices
from services.billing.orders import OrderDesk
from services.billing.processing import PaymentProcessor
from services.billing.provider_events import PaymentEventHandler
from services.billing.service import BillingService
from services.billing.settlement import PaymentSettlement
from services.billing.subscriptions.cancellation import CancellationService
from services.billing.subscriptions.plan_changes import PlanChangeService
from services.billing.subscriptions.renewals import Renewals
from services.invoicing.book import people_invoices

CLOCK_FILE, ACCOUNT_FILE = "clock", "sandbox.sqlite"
PATIENCE_SECONDS = 1.0
"""How long a payment is left to the process that makes it: longer than the sandbox takes."""


@dataclass(frozen=True, slots=True)
class TrialBilling:
    """The parts of billing that a worker and people use."""

    database: Database
    sandbox: SandboxProvider
    clock: SandboxClock
    charging: PaymentProcessor
    events: PaymentEventHandler
    renewals: Renewals
    service: BillingService
    plan_changes: PlanChangeService
    cancellation: CancellationService


@asynccontextmanager
async def trial_billing(
    url: str, folder: Path, random: Random, *, share: float
) -> AsyncIterator[TrialBilling]:
    """Open billing; a `share` of the provider's answers are lost, before or after it has acted."""
    clock = SandboxClock(folder / CLOCK_FILE)
    with closing(SandboxAccount(folder / ACCOUNT_FILE)) as account:
        sandbox = SandboxProvider(WebhookReader((), clock), _no_sleep, account, clock)
        provider = FaultyProvider(sandbox, random, share)
        async with open_database(url, replica_url=None, pool_size=4, observe=None) as database:
            settlement = PaymentSettlement(
                invoices=PaidInvoices(people_invoices("The trial")),
                invalidate=_forget,
                clock=clock,
            )
            charging = PaymentProcessor(
                database,
                provider,
                settlement,
                customers=Customers(database, provider, clock=clock),
                overdue_seconds=PATIENCE_SECONDS,
                clock=clock,
            )
            desk = OrderDesk(database, charging, invalidate=_forget, clock=clock)
            yield TrialBilling(
                database,
                sandbox,
                clock,
                charging,
                PaymentEventHandler(database, settlement, clock=clock),
                Renewals(database, charging, invalidate=_forget, clock=clock),
                BillingService(desk),
                PlanChangeService(desk),
                CancellationService(desk),
            )


async def _forget(_user_ids: Sequence[int]) -> None:
    """Nothing is cached."""


async def _no_sleep(_seconds: float) -> None:
    """Slow cards take no time here."""
