"""Companies' invoices: tax as the provider computes it, and months that come to little."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clients.payments.provider import PaymentProviderRefused, PaymentProviderUnavailable
from clients.payments.records import Sale
from clients.payments.sandbox.tokens import DECLINED, OK
from services.enterprise.billing.months import MonthClosing
from services.enterprise.billing.terms import InvalidTerms
from services.invoicing.book import company_invoices
from tests.fixtures.stores.world import NOW
from tests.services.enterprise.billing.company_instances import Company, company

MARCH, APRIL, MAY = (datetime(2026, month, 1, 7, tzinfo=UTC) for month in (3, 4, 5))
INVOICES = "SELECT source, status, subtotal_cents, tax_cents FROM enterprise_invoices ORDER BY id"
LINES = """SELECT kind, quantity, amount_cents FROM enterprise_invoice_lines
ORDER BY invoice_id, line_number"""
ATTEMPTS = "SELECT attempt, status, payment_method FROM enterprise_payments ORDER BY id"


class Time:
    """A clock that is set."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


class Tax:
    """Says the tax of a sale, after doing something else, or fails."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers)
        self.sales: list[Sale] = []
        self.meanwhile: Any = None  # Any: a coroutine function or nothing

    async def tax_cents(self, sale: Sale) -> int:
        self.sales.append(sale)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def closing(parts: Company, tax: Tax) -> MonthClosing:
    return MonthClosing(parts.database, tax, company_invoices("Guidance"), clock=parts.clock)


async def test_an_invoice_has_the_tax_that_the_provider_computes(
    own_world: str, tmp_path: Path
) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        customer = await parts.agree(monthly=10_000)
        await parts.call(20)
        await parts.sender.send_due()
        time.now = MARCH
        tax = Tax(1_820)
        assert await closing(parts, tax).close_due() == 1
        assert tax.sales == [Sale(customer, 11_400, "EUR", "company:1:month:2026-02:11400")]
        assert await parts.rows(INVOICES) == [("month:2026-02", "open", 9_580, 1_820)]
        lines = await parts.rows(LINES)
        assert [(kind, quantity) for kind, quantity, _ in lines] == [("period", 1), ("overage", 20)]
        assert sum(amount for *_, amount in lines) == 9_580
        assert await parts.collection.collect_due() == 1
        (charge,) = await parts.provider.charges_since(NOW)
        assert await parts.rows("SELECT amount_cents FROM enterprise_payments") == [(11_400,)]
        assert charge.result is not None
        assert await parts.rows(INVOICES) == [("month:2026-02", "paid", 9_580, 1_820)]


@pytest.mark.parametrize(
    "failure", [PaymentProviderUnavailable("no answer"), PaymentProviderRefused("no address")]
)
async def test_a_month_waits_for_its_tax(
    own_world: str, tmp_path: Path, failure: Exception
) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        await parts.agree(monthly=500)
        time.now = MARCH
        tax = Tax(failure, 80)
        assert await closing(parts, tax).close_due() == 0
        assert await parts.rows(INVOICES) == []
        assert await closing(parts, tax).close_due() == 1
        assert await parts.rows(INVOICES) == [("month:2026-02", "open", 420, 80)]


async def test_what_comes_while_the_tax_is_asked_for_is_taxed_too(
    own_world: str, tmp_path: Path
) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        await parts.agree(monthly=500)
        time.now = MARCH
        tax = Tax(80, 91)

        async def call() -> None:
            await parts.call(1)

        tax.meanwhile = call
        assert await closing(parts, tax).close_due() == 1
        assert [sale.amount_cents for sale in tax.sales] == [500, 570]
        assert await parts.rows(INVOICES) == [("month:2026-02", "open", 479, 91)]


async def test_another_process_that_closes_the_month_meanwhile_is_the_only_one(
    own_world: str, tmp_path: Path
) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        await parts.agree(monthly=500)
        time.now = MARCH
        tax = Tax(80)

        async def close() -> None:
            assert await parts.months.close_due() == 1

        tax.meanwhile = close
        assert await closing(parts, tax).close_due() == 0
        assert await parts.rows(INVOICES) == [("month:2026-02", "open", 500, 0)]


async def test_a_month_of_too_little_is_invoiced_with_the_next(
    own_world: str, tmp_path: Path
) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        await parts.agree(overage=7)
        await parts.call(5)
        time.now = MARCH
        assert await parts.sender.send_due() == 5
        assert await parts.months.close_due() == 1
        assert (await parts.rows(INVOICES), await parts.differences()) == ([], [])
        await parts.call(4, MARCH)
        time.now = APRIL
        assert await parts.sender.send_due() == 4
        assert await parts.months.close_due() == 1
        assert await parts.rows(INVOICES) == [("month:2026-03", "open", 63, 0)]
        assert await parts.rows(LINES) == [("overage", 9, 63)]
        assert await parts.collection.collect_due() == 1
        assert await parts.rows(INVOICES) == [("month:2026-03", "paid", 63, 0)]
        assert await parts.differences() == []
        time.now = MAY
        assert await parts.months.close_due() == 1
        assert len(await parts.rows(INVOICES)) == 1


async def test_a_new_method_is_charged_at_once(own_world: str, tmp_path: Path) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        customer = await parts.agree(DECLINED, monthly=500)
        time.now = MARCH
        await parts.months.close_due()
        assert await parts.collection.collect_due() == 1
        time.now = MARCH + timedelta(hours=1)
        assert await parts.collection.collect_due() == 0
        assert await parts.agree(OK, monthly=500) == customer
        assert await parts.collection.collect_due() == 1
        assert [status for _, status, _ in await parts.rows(ATTEMPTS)] == ["failed", "succeeded"]
        assert await parts.rows(INVOICES) == [("month:2026-02", "paid", 500, 0)]


async def test_what_was_given_up_is_charged_to_a_new_method(own_world: str, tmp_path: Path) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        await parts.agree(DECLINED, monthly=500)
        time.now = MARCH
        await parts.months.close_due()
        for day in range(8):
            time.now = MARCH + timedelta(days=day)
            await parts.collection.collect_due()
        assert await parts.rows(INVOICES) == [("month:2026-02", "uncollectible", 500, 0)]
        await parts.agree(DECLINED, monthly=500)
        assert await parts.collection.collect_due() == 1
        assert await parts.rows(INVOICES) == [("month:2026-02", "uncollectible", 500, 0)]
        await parts.agree(OK, monthly=500)
        await parts.agree(OK, monthly=500)
        assert await parts.collection.collect_due() == 1
        assert [attempt for attempt, *_ in await parts.rows(ATTEMPTS)] == [1, 2, 3, 4, 5, 6, 7]
        assert await parts.rows(INVOICES) == [("month:2026-02", "paid", 500, 0)]
        await parts.agree(OK, monthly=500)
        assert await parts.collection.collect_due() == 0


async def test_a_charge_keeps_the_method_that_its_key_was_used_with(
    own_world: str, tmp_path: Path
) -> None:
    time = Time()
    async with company(own_world, tmp_path, clock=time) as parts:
        await parts.agree("pm_card_timeout", monthly=500)
        time.now = MARCH
        await parts.months.close_due()
        assert await parts.collection.collect_due() == 0
        ((_, _, charged_to),) = await parts.rows(ATTEMPTS)
        await parts.agree(OK, monthly=500)
        time.now = MARCH + timedelta(hours=24)
        assert await parts.collection.collect_due() == 1
        assert await parts.rows(ATTEMPTS) == [(1, "succeeded", charged_to)]
        assert charged_to.endswith("pm_card_timeout")


async def test_terms_that_can_never_be_charged_are_refused(own_world: str, tmp_path: Path) -> None:
    async with company(own_world, tmp_path) as parts:
        with pytest.raises(InvalidTerms):
            await parts.agree(monthly=49)
        assert await parts.rows("SELECT FROM enterprise_billing_terms") == []
        await parts.agree(monthly=50)
