"""Customers and methods at Stripe: kept for charges without the person, lost and made anew."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clients.payments.provider import CustomerMissing, FullProvider, PaymentMethodRefused
from clients.payments.records import CUSTOMER_MISSING, Charge, ChargeState, Owner, OwnerKind
from tests.clients.payments.providers import asking, charge
from tests.fixtures.outside.stripe import StripeServer
from tests.fixtures.outside.stripe_objects.tokens import (
    DECLINED_LATER,
    NEEDS_AUTHENTICATION,
    VISA,
)

ADA = Owner(OwnerKind.PERSON, 1)
HOURS, DAYS = timedelta(hours=2), timedelta(days=2)


def without(method: str, customer: str, key: str = "later") -> Charge:
    """A charge that nobody is there for."""
    asked = replace(charge(method, key=key, payment_id=18), customer=customer, owner=ADA)
    return replace(asked, is_off_session=True, allows_action=True)


def test_a_method_is_stored_with_a_charge_and_charged_without_the_person(
    stripe_server: StripeServer,
) -> None:
    async def scenario(provider: FullProvider) -> None:
        customer = await provider.open_customer(ADA)
        assert await provider.open_customer(ADA) == customer
        first = await provider.charge(replace(charge(VISA), customer=customer, owner=ADA))
        assert first.state is ChargeState.SUCCEEDED
        assert first.payment_method is not None
        later = await provider.charge(without(first.payment_method, customer))
        assert (later.state, later.payment_method) == (
            ChargeState.SUCCEEDED,
            first.payment_method,
        )

    asking(stripe_server.url, scenario)
    assert stripe_server.account.taken == [500, 500]


def test_a_method_is_stored_by_itself(stripe_server: StripeServer) -> None:
    async def scenario(provider: FullProvider) -> None:
        customer = await provider.open_customer(ADA)
        method = await provider.store_method(customer, DECLINED_LATER)
        assert await provider.store_method(customer, method) == method
        declined = await provider.charge(without(method, customer))
        assert (declined.state, declined.decline_reason) == (ChargeState.DECLINED, "card_declined")

    asking(stripe_server.url, scenario)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("pm_card_noFunds", "insufficient_funds"),
        ("pm_card_stolen", "card_declined"),
        ("pm_invented", "invalid_payment_method"),
        ("pm_card_usedBefore", "invalid_payment_method"),
    ],
)
def test_a_method_that_cannot_be_stored(
    stripe_server: StripeServer, token: str, reason: str
) -> None:
    async def scenario(provider: FullProvider) -> None:
        customer = await provider.open_customer(ADA)
        with pytest.raises(PaymentMethodRefused) as refused:
            await provider.store_method(customer, token)
        assert refused.value.reason == reason

    asking(stripe_server.url, scenario)


def test_a_method_of_somebody_else_takes_nothing(stripe_server: StripeServer) -> None:
    async def scenario(provider: FullProvider) -> None:
        mine = await provider.open_customer(ADA)
        theirs = await provider.open_customer(Owner(OwnerKind.PERSON, 2))
        method = await provider.store_method(theirs, VISA)
        refused = await provider.charge(without(method, mine))
        assert refused.decline_reason == "invalid_payment_method"

    asking(stripe_server.url, scenario)
    assert stripe_server.account.taken == []


def test_a_bank_that_asks_waits_for_the_person_who_is_not_there(
    stripe_server: StripeServer,
) -> None:
    async def scenario(provider: FullProvider) -> None:
        customer = await provider.open_customer(ADA)
        method = await provider.store_method(customer, NEEDS_AUTHENTICATION)
        waiting = await provider.charge(without(method, customer))
        assert waiting.state is ChargeState.REQUIRES_ACTION
        assert waiting.client_secret == "pi_1_secret"
        stripe_server.account.succeed("pi_1")
        found = await provider.find(without(method, customer))
        assert (found.state, found.payment_method) == (ChargeState.SUCCEEDED, method)

    asking(stripe_server.url, scenario)


@pytest.mark.parametrize("is_key_known", [True, False])
def test_a_customer_who_was_deleted_is_followed_by_another(
    stripe_server: StripeServer, *, is_key_known: bool
) -> None:
    async def scenario(provider: FullProvider) -> None:
        first = await provider.open_customer(ADA)
        await provider.delete_customer(first)
        await provider.delete_customer(first)
        if not is_key_known:
            stripe_server.account.forget_keys()
        with pytest.raises(CustomerMissing):
            await provider.portal_url(first, "https://example.com/")
        with pytest.raises(PaymentMethodRefused) as refused:
            await provider.store_method(first, VISA)
        assert refused.value.reason == CUSTOMER_MISSING
        lost = await provider.charge(without("pm_1", first, "lost"))
        assert (lost.state, lost.decline_reason) == (ChargeState.DECLINED, CUSTOMER_MISSING)
        second = await provider.open_customer(ADA)
        assert second != first
        assert await provider.open_customer(ADA) == second
        method = await provider.store_method(second, VISA)
        assert (await provider.charge(without(method, second))).state is ChargeState.SUCCEEDED
        links = {await provider.portal_url(second, "https://example.com/") for _ in range(2)}
        assert len(links) == 2

    asking(stripe_server.url, scenario)


@pytest.mark.parametrize("is_key_known", [True, False])
def test_a_charge_is_found_when_we_have_forgotten_whose_it_is(
    stripe_server: StripeServer, *, is_key_known: bool
) -> None:
    """As of a person who was erased: neither the owner nor the customer is known any more."""

    async def scenario(provider: FullProvider) -> None:
        customer = await provider.open_customer(ADA)
        made = replace(charge(VISA), customer=customer, owner=ADA, allows_action=True)
        taken = await provider.charge(made)
        stripe_server.account.advance(HOURS if is_key_known else DAYS)
        found = await provider.find(replace(charge(""), allows_action=True))
        assert (found.state, found.reference) == (ChargeState.SUCCEEDED, taken.reference)

    asking(stripe_server.url, scenario)
    assert stripe_server.account.taken == [500]
