"""Processes that bill companies and die: each is killed right after one of its steps.

`python -m … URL FOLDER NOW STEP TIMES` prints how many were killed; for the step 0 how many steps
there are. Steps are the answers of statements, begins and commits among them, and of the provider.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from clients.payments.sandbox.provider import SandboxProvider
from services.enterprise.billing.collection import Collection
from services.enterprise.billing.metering import MeterEventSender
from services.enterprise.billing.months import MonthClosing
from services.invoicing.book import company_invoices
from tests.fixtures.stores.postgres import rows_of
from tests.services.enterprise.billing.company_instances import company

ANOTHER_COMPANY = """
WITH account AS (INSERT INTO enterprise_accounts (company_name) VALUES ('Another') RETURNING id),
terms AS (
  INSERT INTO enterprise_billing_terms (enterprise_account_id, currency, monthly_price_cents,
    overage_price_cents, customer, payment_method, starts_on, billed_until)
  SELECT id, 'EUR', 0, 70, 'cus_' || id, 'pm_card_ok', '2026-02-01', '2026-02-01' FROM account),
key AS (
  INSERT INTO enterprise_credentials (enterprise_account_id, key_id, secret_hash)
  SELECT id, 'key-' || id, decode(repeat('00', 32), 'hex') FROM account
  RETURNING enterprise_account_id, id),
call AS (
  INSERT INTO enterprise_generations (enterprise_account_id, credential_id, usage_date, is_overage,
    status, owner, lease_expires_at, model, created_at)
  SELECT enterprise_account_id, id, '2026-02-20', true, 'complete', gen_random_uuid(), now(),
    'stand-in', '2026-02-20 09:30+00' FROM key
  RETURNING enterprise_account_id, id, usage_date, created_at)
INSERT INTO enterprise_meter_events
  (enterprise_account_id, generation_id, usage_date, occurred_at, send_after)
  SELECT enterprise_account_id, id, usage_date, created_at, created_at FROM call"""
RELEASE = (
    "UPDATE enterprise_meter_events SET send_after = '-infinity'",
    "UPDATE enterprise_payments SET next_check_at = '-infinity' WHERE status = 'pending'",
)
"""What a killed process has claimed is claimed anew."""


async def bill(url: str, folder: Path, now: datetime, step_is_done: Callable[[], None]) -> None:
    """Send, invoice and collect all that is due."""

    class Watched(SandboxProvider):
        """Says when it has answered."""

        async def report(self, event: Any) -> None:  # Any: as the provider has it
            await super().report(event)
            step_is_done()

        async def charge(self, charge: Any) -> Any:  # Any: as above
            result = await super().charge(charge)
            step_is_done()
            return result

    async with company(url, folder, clock=lambda: now, observe=lambda _: step_is_done()) as parts:
        one, database, invoices = parts.provider, parts.database, company_invoices("Guidance")
        provider = Watched(one.webhooks, one.sleep, one.account, parts.clock)
        await MeterEventSender(database, provider, clock=parts.clock).send_due()
        await MonthClosing(database, provider, invoices, clock=parts.clock).close_due()
        await Collection(database, provider, invoices, clock=parts.clock).collect_due()


def killed_after(step: int, url: str, folder: Path, now: datetime) -> bool:
    """Let a process bill that kills itself after a step; whether it came so far."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status)
    left = step

    def step_is_done() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(bill(url, folder, now, step_is_done))
    os._exit(0)


def run(url: str, folder: Path, now: datetime, step: int, times: int) -> int:
    """Kill as many processes, each with a call of a company that is new; how many have died."""
    if step == 0:
        steps: list[None] = []
        asyncio.run(rows_of(url, ANOTHER_COMPANY))
        asyncio.run(bill(url, folder, now, lambda: steps.append(None)))
        return len(steps)
    killed = 0
    for _ in range(times):
        asyncio.run(rows_of(url, ANOTHER_COMPANY))
        killed += killed_after(step, url, folder, now)
        for statement in RELEASE:
            asyncio.run(rows_of(url, statement))
    return killed


if __name__ == "__main__":
    _url, _folder, _now, _step, _times = sys.argv[1:]
    sys.stdout.write(
        f"{run(_url, Path(_folder), datetime.fromisoformat(_now), int(_step), int(_times))}\n"
    )
