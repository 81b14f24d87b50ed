"""The sandbox beyond charges: stored methods, actions, refunds, use, history, and its clock."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from clients.payments.provider import FullProvider, PaymentMethodRefused, PaymentProviderRefused
from clients.payments.records import (
    Charge,
    ChargeState,
    Owner,
    OwnerKind,
    Refund,
    RefundState,
    UsageEvent,
)
from clients.payments.sandbox.clock import SandboxClock
from clients.payments.sandbox.provider import SandboxProvider
from tests.clients.payments.providers import NOW, asking, charge

PERSON, COMPANY = Owner(OwnerKind.PERSON, 3), Owner(OwnerKind.COMPANY, 3)


def without_person(method: str, customer: str, key: str) -> Charge:
    return replace(
        charge(method, key=key), customer=customer, is_off_session=True, allows_action=True
    )


def test_each_owner_has_one_customer() -> None:
    async def scenario(provider: FullProvider) -> list[str]:
        return [await provider.open_customer(owner) for owner in (PERSON, COMPANY, PERSON)]

    person, company, again = asking(None, scenario)
    assert person == again != company


@pytest.mark.parametrize(
    ("token", "later"),
    [
        ("pm_card_ok", ChargeState.SUCCEEDED),
        ("pm_card_declined_later", ChargeState.DECLINED),
        ("pm_card_authentication_later", ChargeState.REQUIRES_ACTION),
    ],
)
def test_a_charge_stores_the_method_for_charges_without_the_person(
    token: str, later: ChargeState
) -> None:
    async def scenario(provider: FullProvider) -> None:
        customer = await provider.open_customer(PERSON)
        first = await provider.charge(replace(charge(token), customer=customer))
        assert first.state is ChargeState.SUCCEEDED
        assert first.payment_method == await provider.store_method(customer, token)
        assert first.payment_method is not None
        second = await provider.charge(without_person(first.payment_method, customer, "later"))
        assert second.state is later

    asking(None, scenario)


def test_an_unknown_method_is_not_stored() -> None:
    async def scenario(provider: FullProvider) -> None:
        with pytest.raises(PaymentMethodRefused) as refused:
            await provider.store_method("customer", "pm_card_invented")
        assert refused.value.reason == "invalid_payment_method"

    asking(None, scenario)


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_a_charge_waits_until_the_person_confirms_or_it_is_given_up(is_confirmed: bool) -> None:
    asked = replace(charge("pm_card_authentication"), allows_action=True)

    async def scenario(provider: FullProvider) -> None:
        assert isinstance(provider, SandboxProvider)
        waits = await provider.charge(asked)
        assert waits.state is ChargeState.REQUIRES_ACTION
        assert waits.client_secret is not None
        assert await provider.find(asked) == waits
        if is_confirmed:
            assert provider.complete_action(waits.client_secret)
        state = (await provider.cancel(asked)).state
        assert state is (ChargeState.SUCCEEDED if is_confirmed else ChargeState.NOT_MADE)
        assert not provider.complete_action(waits.client_secret)
        assert (await provider.find(asked)).state is state

    asking(None, scenario)


def test_nobody_is_asked_where_nobody_can_answer() -> None:
    result = asking(None, lambda one: one.charge(charge("pm_card_authentication")))
    assert (result.state, result.decline_reason) == (
        ChargeState.DECLINED,
        "authentication_required",
    )


def test_a_refund_is_made_once_and_never_of_more_than_was_taken() -> None:
    async def scenario(provider: FullProvider) -> None:
        reference = (await provider.charge(charge("pm_card_ok"))).reference
        assert reference is not None
        first = await provider.refund(Refund(reference, 300, "first"))
        assert first.state is RefundState.SUCCEEDED
        assert await provider.refund(Refund(reference, 300, "first")) == first
        with pytest.raises(PaymentProviderRefused):
            await provider.refund(Refund(reference, 201, "second"))
        await provider.refund(Refund(reference, 200, "third"))
        with pytest.raises(PaymentProviderRefused):
            await provider.refund(Refund("sandbox_none", 1, "fourth"))

    asking(None, scenario)


def test_use_is_counted_once_a_day_for_each_identifier() -> None:
    time = [NOW]

    def use(identifier: str, occurred_at: datetime) -> UsageEvent:
        return UsageEvent(identifier, "customer", 2, occurred_at)

    async def scenario(provider: FullProvider) -> None:
        for event in (use("a", NOW), use("a", NOW), use("b", NOW + timedelta(minutes=1))):
            await provider.report(event)
        assert await provider.reported("customer", NOW, NOW + timedelta(minutes=1)) == 2
        assert await provider.reported("customer", NOW, NOW + timedelta(hours=1)) == 4
        assert await provider.reported("another", NOW, NOW + timedelta(hours=1)) == 0
        time[0] += timedelta(hours=24)
        await provider.report(use("a", NOW))
        assert await provider.reported("customer", NOW, NOW + timedelta(minutes=1)) == 4
        for other in (timedelta(days=-34), timedelta(days=1, minutes=6)):
            with pytest.raises(PaymentProviderRefused):
                await provider.report(use("c", NOW + other))

    asking(None, scenario, clock=lambda: time[0])


def test_the_history_tells_every_charge_as_it_stands() -> None:
    async def scenario(provider: FullProvider) -> None:
        await provider.charge(replace(charge("pm_card_ok"), owner=PERSON))
        await provider.charge(charge("pm_card_declined", key="other", payment_id=18))
        first, second = await provider.charges_since(NOW)
        assert (first.payment_id, first.idempotency_key, first.owner) == (17, "key", PERSON)
        assert first.result is not None
        assert first.result.state is ChargeState.SUCCEEDED
        assert (second.payment_id, second.owner) == (18, None)
        assert await provider.charges_since(NOW + timedelta(seconds=1)) == ()

    asking(None, scenario)


def test_a_link_to_the_portal_is_new_each_time() -> None:
    moments = iter(NOW + timedelta(seconds=number) for number in range(2))

    async def scenario(provider: FullProvider) -> set[str]:
        return {await provider.portal_url("customer", "https://example.com") for _ in range(2)}

    assert len(asking(None, scenario, clock=lambda: next(moments))) == 2


def test_the_clock_is_moved_for_all_who_share_it(tmp_path: Path) -> None:
    one, other = (SandboxClock(tmp_path / "clock", lambda: NOW) for _ in range(2))
    assert one() == NOW
    one.advance(timedelta(days=31))
    assert other.advance(timedelta(hours=1)) == one() == NOW + timedelta(days=31, hours=1)
    with pytest.raises(ValueError, match="forward"):
        one.advance(timedelta(seconds=-1))
