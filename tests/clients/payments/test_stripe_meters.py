"""Metered use and taxes at Stripe."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clients.payments.provider import FullProvider, PaymentProviderRefused
from clients.payments.records import Owner, OwnerKind, Sale, UsageEvent
from tests.clients.payments.providers import NOW, asking, charge
from tests.fixtures.outside.stripe import Fault, StripeServer, Way
from tests.fixtures.outside.stripe_objects.tokens import VISA

COMPANY = Owner(OwnerKind.COMPANY, 1)
DAY = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))


def use(
    customer: str, identifier: str = "call-1", at: datetime = NOW, count: int = 1
) -> UsageEvent:
    return UsageEvent(identifier, customer, count, at)


def test_an_event_is_counted_once_a_day(stripe_server: StripeServer) -> None:
    account = stripe_server.account

    async def scenario(provider: FullProvider) -> list[int]:
        customer = await provider.open_customer(COMPANY)
        counted = []
        for hours in (0, 1, 22, 2):
            account.advance(timedelta(hours=hours))
            await provider.report(use(customer))
            counted.append(await provider.reported(customer, *DAY))
        await provider.report(use(customer, "call-2", count=5))
        return [*counted, await provider.reported(customer, *DAY)]

    # After a day Stripe has forgotten the identifier: by then nobody may send it again.
    assert asking(stripe_server.url, scenario) == [1, 1, 1, 2, 7]


@pytest.mark.parametrize("way", [Way.STATUS, Way.DROPPED])
@pytest.mark.parametrize("is_carried_out", [False, True])
def test_whatever_fails_an_event_is_counted_once(
    stripe_server: StripeServer, way: Way, *, is_carried_out: bool
) -> None:
    async def scenario(provider: FullProvider) -> int:
        customer = await provider.open_customer(COMPANY)
        stripe_server.faults = [Fault(way, is_carried_out=is_carried_out)]
        await provider.report(use(customer))
        return await provider.reported(customer, *DAY)

    assert asking(stripe_server.url, scenario) == 1


@pytest.mark.parametrize("days", [-35.0, -36.0, 0.004, 1.0])
def test_a_time_too_far_away_is_refused(stripe_server: StripeServer, days: float) -> None:
    async def scenario(provider: FullProvider) -> None:
        customer = await provider.open_customer(COMPANY)
        with pytest.raises(PaymentProviderRefused, match="timestamp_"):
            await provider.report(use(customer, at=NOW + timedelta(days=days)))

    asking(stripe_server.url, scenario)
    assert stripe_server.account.meters.events == []


def test_sums_are_those_of_the_customer_and_the_time(stripe_server: StripeServer) -> None:
    async def scenario(provider: FullProvider) -> list[int]:
        first = await provider.open_customer(COMPANY)
        second = await provider.open_customer(Owner(OwnerKind.COMPANY, 2))
        oldest = NOW - timedelta(days=34, hours=23)
        for number, (customer, at) in enumerate(
            [(first, NOW), (second, NOW), (first, DAY[0]), (first, oldest), (second, DAY[1])]
        ):
            if at <= NOW:
                await provider.report(use(customer, f"call-{number}", at))
        start = oldest.replace(hour=0, minute=0)
        return [
            await provider.reported(first, *DAY),
            await provider.reported(second, *DAY),
            await provider.reported(first, start, DAY[1]),
        ]

    assert asking(stripe_server.url, scenario) == [2, 1, 3]


def test_tax_is_computed_for_a_sale_and_kept_with_a_charge(stripe_server: StripeServer) -> None:
    account = stripe_server.account

    async def scenario(provider: FullProvider) -> tuple[int, int]:
        customer = await provider.open_customer(COMPANY)
        sale = Sale(customer, 11_900, "EUR", "company:1:month:2026-02:11900")
        taxes = [await provider.tax_cents(sale) for _ in range(2)]
        assert taxes == [1_900, 1_900]
        made = await provider.charge(replace(charge(VISA), customer=customer, owner=COMPANY))
        account.taxes.homeless.add(customer)
        with pytest.raises(PaymentProviderRefused, match="tax_location_unknown"):
            await provider.tax_cents(Sale(customer, 500, "EUR", "another"))
        return made.tax_cents, len(account.taxes.made)

    assert asking(stripe_server.url, scenario, computes_tax=True) == (80, 2)


def test_without_stripe_tax_nothing_is_asked(stripe_server: StripeServer) -> None:
    async def scenario(provider: FullProvider) -> int:
        return await provider.tax_cents(Sale("cus_1", 500, "EUR", "key"))

    assert asking(stripe_server.url, scenario) == 0
    assert stripe_server.requested == []
