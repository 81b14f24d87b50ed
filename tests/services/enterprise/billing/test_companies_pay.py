"""Companies: each call over the contract is counted, invoiced and charged once."""

import asyncio
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clients.payments.provider import PaymentProviderUnavailable
from clients.payments.records import UsageEvent
from clients.payments.sandbox.provider import SandboxProvider
from clients.payments.sandbox.tokens import DECLINED
from db.queries.enterprise import company_payments
from db.states import PaymentStatus
from services.enterprise.billing.metering import MeterEventSender
from tests.fixtures.stores.world import NOW
from tests.services.enterprise.billing.company_instances import Company, company

ROOT = Path(__file__).parents[4]
PROGRAM = "tests.services.enterprise.billing.killed_processes"
SHARES = 4
"""The steps are shared among so many tests, as each takes its time."""
METERED = "SELECT status, count(*) FROM enterprise_meter_events GROUP BY status"
BILLED = """SELECT source, status, total_cents, count(*) FROM enterprise_invoices
GROUP BY source, status, total_cents"""
MARCH = datetime(2026, 3, 1, 7, tzinfo=UTC)
INVOICES = "SELECT source, status, total_cents FROM enterprise_invoices ORDER BY id"
FEBRUARY = (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))


class Time:
    """A clock that is set."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class SilentMeter:
    """Counts every other event, and never says so."""

    provider: SandboxProvider
    reports: int = 0

    async def report(self, event: UsageEvent) -> None:
        self.reports += 1
        if self.reports % 2:
            await self.provider.report(event)
        raise PaymentProviderUnavailable("no answer")

    async def reported(self, customer: str, start: datetime, end: datetime) -> int:
        return await self.provider.reported(customer, start, end)


async def test_a_month_is_invoiced_and_charged_once(own_world: str, tmp_path: Path) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        customer = await parts.agree(monthly=10_000)
        await parts.call(25)
        assert await parts.months.close_due() == 0
        assert await parts.sender.send_due() == 0, "they occur in the next minutes"
        time.now = NOW + timedelta(hours=1)
        assert await parts.sender.send_due() == 25
        assert await parts.provider.reported(customer, *FEBRUARY) == 25
        time.now = MARCH
        assert await parts.months.close_due() == 1
        assert await parts.months.close_due() == 0
        assert await parts.rows(INVOICES) == [("month:2026-02", "open", 11_750)]
        assert await parts.collection.collect_due() == 1
        assert await parts.collection.collect_due() == 0
        assert await parts.rows(INVOICES) == [("month:2026-02", "paid", 11_750)]
        (charge,) = await parts.provider.charges_since(NOW)
        assert charge.owner is not None
        assert charge.owner.id == 1
        assert await parts.differences() == []


async def test_what_ends_after_its_month_was_invoiced_is_on_the_next_invoice(
    own_world: str, tmp_path: Path
) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        await parts.agree()
        await parts.call(2)
        time.now = MARCH
        await parts.months.close_due()
        await parts.call(3)
        assert await parts.sender.send_due() == 5
        time.now = MARCH + timedelta(days=31)
        await parts.months.close_due()
        assert await parts.rows(INVOICES) == [
            ("month:2026-02", "open", 140),
            ("month:2026-03", "open", 210),
        ]
        assert await parts.differences() == []


async def test_what_was_free_is_not_charged_when_the_price_rises(
    own_world: str, tmp_path: Path
) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        await parts.agree(overage=0)
        await parts.call(4)
        time.now = MARCH
        assert await parts.months.close_due() == 1
        assert await parts.rows(INVOICES) == [("month:2026-02", "paid", 0)]
        assert await parts.collection.collect_due() == 0
        await parts.agree(overage=70)
        await parts.call(2, MARCH)
        assert await parts.sender.send_due() == 4
        time.now = MARCH + timedelta(days=31)
        assert await parts.sender.send_due() == 2
        assert await parts.months.close_due() == 1
        assert await parts.rows(INVOICES) == [
            ("month:2026-02", "paid", 0),
            ("month:2026-03", "open", 140),
        ]
        assert await parts.collection.collect_due() == 1
        assert len(await parts.provider.charges_since(NOW)) == 1
        assert await parts.differences() == []


async def test_a_declined_method_is_tried_for_a_week_and_then_given_up(
    own_world: str, tmp_path: Path
) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        await parts.agree(DECLINED, monthly=500)
        time.now = MARCH
        await parts.months.close_due()
        tried = []
        for day in range(10):
            time.now = MARCH + timedelta(days=day)
            if await parts.collection.collect_due():
                tried.append(day)
        assert tried == [0, 1, 3, 5, 7]
        assert await parts.rows(INVOICES) == [("month:2026-02", "uncollectible", 500)]


async def test_a_payment_ends_once(own_world: str, tmp_path: Path) -> None:
    async with company(own_world, tmp_path, clock=lambda: MARCH) as parts:
        await parts.agree(monthly=500)
        await parts.months.close_due()
        ((id_,),) = await parts.rows("SELECT id FROM enterprise_payments")
        ended = []
        for status in (PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.SUCCEEDED):
            async with parts.database.begin() as transaction:
                ended.append(
                    await company_payments.end_payment(
                        transaction, 1, id_, status=status, reference=status.value, reason=None
                    )
                )
        assert ended == [True, False, False]
        assert await parts.rows("SELECT status, provider_reference FROM enterprise_payments") == [
            ("succeeded", "succeeded")
        ]


async def test_an_event_of_unknown_fate_is_reconciled_and_not_sent_again_by_its_id(
    own_world: str, tmp_path: Path
) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        customer = await parts.agree()
        await parts.call(4)
        time.now = NOW + timedelta(hours=1)
        meter = SilentMeter(parts.provider)
        assert await MeterEventSender(parts.database, meter, clock=time).send_due() == 0
        time.now = NOW + timedelta(hours=26)
        assert await parts.sender.send_due() == 0, "the provider has forgotten their ids"
        assert await parts.provider.reported(customer, *FEBRUARY) == 2
        assert await parts.sender.reconcile() == 4
        assert await parts.sender.reconcile() == 0
        assert await parts.sender.send_due() == 2
        assert await parts.provider.reported(customer, *FEBRUARY) == 4
        assert await parts.differences() == []


async def test_the_audit_finds_what_differs(own_world: str, tmp_path: Path) -> None:
    async with company(own_world, tmp_path, clock=lambda: MARCH) as parts:
        customer = await parts.agree()
        await parts.call(3)
        await parts.sender.send_due()
        await parts.months.close_due()
        assert await parts.differences() == []
        await parts.provider.report(UsageEvent("another", customer, 1, NOW))
        await parts.rows("UPDATE enterprise_meter_events SET invoice_id = NULL")
        await parts.rows("UPDATE enterprise_generations SET is_overage = false WHERE model <> ''")
        await parts.rows("UPDATE invoice_counters SET last_number = 9 WHERE series = 'INV-2026'")
        assert await parts.differences() == [
            "INV-2026: 9 numbers were drawn, and 1 invoices have 1",
            "company 1, 2026-02: 0 calls in the ledger, 3 events",
            "company 1, 2026-02: 3 events, 0 of them on invoices",
            "company 1, 2026-02: 3 events were taken, the meter has counted 4",
        ]


async def killed(parts: Company, folder: Path, step: int, times: int = 1) -> int:
    """How many processes were killed after a step; for the step 0 how many steps there are."""
    arguments = (parts.url, str(folder), MARCH.isoformat(), str(step), str(times))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", PROGRAM, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    return int(printed)


async def check(parts: Company, companies: int) -> None:
    """Finish, and compare: metered, sent, billed and charged are the same, call by call."""
    await parts.sender.send_due()
    await parts.months.close_due()
    await parts.collection.collect_due()
    assert await parts.differences() == []
    assert await parts.rows(METERED) == [("taken", companies)]
    assert await parts.rows(BILLED) == [("month:2026-02", "paid", 70, companies)]
    charges = await parts.provider.charges_since(NOW)
    assert len(charges) == len({charge.owner for charge in charges}) == companies


@pytest.mark.heavy
async def test_processes_that_are_killed_neither_lose_nor_double_a_call(
    own_world: str, tmp_path: Path
) -> None:
    async with company(own_world, tmp_path, clock=lambda: MARCH) as parts:
        assert await killed(parts, tmp_path, 3, times=2) == 2
        await check(parts, 2)


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
async def test_the_same_killed_twenty_times_between_every_two_steps(
    own_world: str, tmp_path: Path, share: int
) -> None:
    async with company(own_world, tmp_path, clock=lambda: MARCH) as parts:
        last = await killed(parts, tmp_path, 0)
        steps = range(1 + share, last + 1, SHARES)
        for step in steps:
            assert await killed(parts, tmp_path, step, times=20) == 20
        await check(parts, 1 + 20 * len(steps))
