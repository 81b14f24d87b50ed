"""Companies' billing without HTTP: Ada's company, its calls over the contract, and the sandbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from clients.payments.sandbox.account import SandboxAccount
from clients.payments.sandbox.provider import SandboxProvider
from clients.payments.sandbox.tokens import OK
from clients.payments.webhook import WebhookReader
from db.connections.connection import Observer
from db.database import Database, open_database
from services.clock import Clock
from services.enterprise.billing.audit import audit_overage
from services.enterprise.billing.collection import Collection
from services.enterprise.billing.metering import MeterEventSender
from services.enterprise.billing.months import MonthClosing
from services.enterprise.billing.terms import set_terms, store_method
from services.invoicing.audit import audit_invoices
from services.invoicing.book import company_invoices
from tests.fixtures.stores.postgres import rows_of
from tests.fixtures.stores.world import ADAS_COMPANY, NOW

MONTH = date(2026, 2, 1)
CALLS = """
WITH made AS (
  INSERT INTO enterprise_generations (enterprise_account_id, credential_id, usage_date, is_overage,
    status, owner, lease_expires_at, model, created_at)
  SELECT 1, 3, $1::timestamptz::date, true, 'complete', gen_random_uuid(), $1, 'stand-in',
    $1::timestamptz + n * interval '1 minute' FROM generate_series(1, $2::int) n
  RETURNING enterprise_account_id, id, usage_date, created_at)
INSERT INTO enterprise_meter_events
  (enterprise_account_id, generation_id, usage_date, occurred_at, send_after)
  SELECT enterprise_account_id, id, usage_date, created_at, created_at FROM made"""


@dataclass
class Company:
    """Ada's company, and who bills it."""

    url: str
    database: Database
    provider: SandboxProvider
    sender: MeterEventSender
    months: MonthClosing
    collection: Collection
    clock: Clock

    async def agree(self, token: str = OK, *, monthly: int = 0, overage: int = 70) -> str:
        """Set the terms, and return the customer."""
        customer, method = await store_method(self.database, self.provider, ADAS_COMPANY, token)
        await set_terms(
            self.database,
            ADAS_COMPANY,
            currency="EUR",
            prices_cents=(monthly, overage),
            customer=customer,
            payment_method=method,
            starts_on=MONTH,
            now=self.clock(),
        )
        return customer

    async def call(self, count: int, at: datetime = NOW) -> None:
        """Replies over the contract, a minute after each other."""
        await rows_of(self.url, CALLS, at, count)

    async def differences(self) -> list[str]:
        """What the audits find."""
        return [
            *await audit_invoices(self.database),
            *await audit_overage(self.database, self.provider, clock=self.clock),
        ]

    # Any: rows of every type.
    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await rows_of(self.url, query)]


@asynccontextmanager
async def company(
    url: str, folder: Path, *, clock: Clock = lambda: NOW, observe: Observer | None = None
) -> AsyncIterator[Company]:
    """One process that bills."""

    async def no_sleep(_seconds: float) -> None:
        """Nobody waits."""

    with closing(SandboxAccount(folder / "sandbox.sqlite")) as account:
        provider = SandboxProvider(WebhookReader((), clock), no_sleep, account, clock)
        invoices = company_invoices("Guidance")
        async with open_database(url, replica_url=None, pool_size=2, observe=observe) as database:
            yield Company(
                url,
                database,
                provider,
                MeterEventSender(database, provider, clock=clock),
                MonthClosing(database, provider, invoices, clock=clock),
                Collection(database, provider, invoices, clock=clock),
                clock,
            )
