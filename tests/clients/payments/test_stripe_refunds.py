"""Refunds at Stripe: each once, however long ago its key was used, and what becomes of it."""

from datetime import timedelta

import pytest

from clients.payments.provider import FullProvider, PaymentProviderRefused
from clients.payments.records import Refund, RefundResult, RefundState
from tests.clients.payments.providers import NOW, asking, charge
from tests.fixtures.outside.stripe import Fault, StripeServer, Way
from tests.fixtures.outside.stripe_objects.tokens import VISA


def order(amount_cents: int = 200, key: str = "refund") -> Refund:
    """Two of five euros."""
    return Refund("pi_1", amount_cents, key)


@pytest.mark.parametrize("is_key_known", [True, False])
def test_a_refund_is_made_once(stripe_server: StripeServer, *, is_key_known: bool) -> None:
    async def scenario(provider: FullProvider) -> None:
        await provider.charge(charge(VISA))
        first = await provider.refund(order())
        assert first == RefundResult(RefundState.SUCCEEDED, "re_1")
        if not is_key_known:
            stripe_server.account.forget_keys()
        assert await provider.refund(order()) == first
        assert (await provider.refund(order(300, "the rest"))).reference == "re_2"

    asking(stripe_server.url, scenario)
    assert stripe_server.account.refunds.given("pi_1") == 500


@pytest.mark.parametrize("way", [Way.STATUS, Way.DROPPED])
@pytest.mark.parametrize("is_carried_out", [False, True])
def test_whatever_fails_the_money_goes_back_once(
    stripe_server: StripeServer, way: Way, *, is_carried_out: bool
) -> None:
    async def scenario(provider: FullProvider) -> None:
        await provider.charge(charge(VISA))
        stripe_server.faults = [None, Fault(way, is_carried_out=is_carried_out)]
        assert (await provider.refund(order(500))).state is RefundState.SUCCEEDED

    asking(stripe_server.url, scenario)
    assert stripe_server.account.refunds.given("pi_1") == 500


@pytest.mark.parametrize("amount", [301, 501])
def test_more_than_is_left_is_refused(stripe_server: StripeServer, amount: int) -> None:
    async def scenario(provider: FullProvider) -> None:
        await provider.charge(charge(VISA))
        await provider.refund(order())
        with pytest.raises(PaymentProviderRefused):
            await provider.refund(order(amount, "too much"))

    asking(stripe_server.url, scenario)
    assert stripe_server.account.refunds.given("pi_1") == 200


def test_a_refund_takes_its_time_and_may_fail_after_all(stripe_server: StripeServer) -> None:
    refunds = stripe_server.account.refunds

    async def scenario(provider: FullProvider) -> list[RefundState]:
        await provider.charge(charge(VISA))
        refunds.becomes = "pending"
        seen = [(await provider.refund(order())).state]
        for status in ("requires_action", "succeeded", "failed", "of a kind that is new"):
            refunds.settle("re_1", status)
            seen.append((await provider.refund(order())).state)
        return seen

    pending, succeeded, failed = RefundState.PENDING, RefundState.SUCCEEDED, RefundState.FAILED
    states = asking(stripe_server.url, scenario)
    assert states == [pending, pending, succeeded, failed, pending]
    assert len(refunds.known) == 1


def test_all_refunds_of_a_time_are_listed_page_by_page(stripe_server: StripeServer) -> None:
    account = stripe_server.account

    async def scenario(provider: FullProvider) -> list[tuple[str, int]]:
        await provider.charge(charge(VISA))
        await provider.refund(order(1, "before"))
        account.advance(timedelta(hours=1))
        for number in range(105):
            await provider.refund(order(1 + number % 2, f"refund {number}"))
        account.refunds.known["re_2"]["metadata"] = {"of": "somebody else"}
        found = await provider.refunds_since(NOW + timedelta(minutes=1))
        return [(one.idempotency_key, one.amount_cents) for one in found]

    expected = [(f"refund {number}", 1 + number % 2) for number in range(1, 105)]
    assert asking(stripe_server.url, scenario) == expected
