"""Charges through Stripe: what is asked, and what the answers mean."""

import asyncio
from dataclasses import replace

import orjson
import pytest

from clients.payments.provider import (
    PaymentProvider,
)
from clients.payments.records import ChargeResult, ChargeState, PaymentEvent
from clients.payments.signature import sign
from tests.clients.payments.providers import (
    NOT_MADE,
    NOW,
    SECRET,
    SUCCEEDED,
    asking,
    charge,
    found,
    made,
)
from tests.fixtures.outside.stripe import Asked, StripeServer
from tests.fixtures.outside.stripe_events import event
from tests.fixtures.outside.stripe_objects.tokens import (
    BANK_DEBIT,
    NEEDS_AUTHENTICATION,
    USED_BEFORE,
    VISA,
)

INTENTS = "/v1/payment_intents"


def declined(reason: str) -> ChargeResult:
    return ChargeResult(ChargeState.DECLINED, "pi_1", reason)


def test_what_is_sent_to_stripe(stripe_server: StripeServer) -> None:
    assert made(stripe_server, charge(VISA)) == SUCCEEDED
    assert stripe_server.account.taken == [500]
    create = {
        "amount": "500",
        "currency": "eur",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
        "metadata[payment_id]": "17",
        "metadata[idempotency_key]": "key",
    }
    confirm = {"payment_method": VISA, "error_on_requires_action": "true"}
    assert stripe_server.requested == [
        Asked("POST", INTENTS, create, "key"),
        Asked("POST", f"{INTENTS}/pi_1/confirm", confirm, "key:confirm"),
    ]


def test_stripe_gets_nothing_about_the_machine(stripe_server: StripeServer) -> None:
    made(stripe_server, charge(VISA))
    assert stripe_server.client["httplib"] == "httpx2"
    assert not {"platform", "telemetry_id"} & stripe_server.client.keys()


@pytest.mark.parametrize(
    ("token", "result"),
    [
        (VISA, SUCCEEDED),
        (BANK_DEBIT, ChargeResult(ChargeState.PENDING, "pi_1")),
        ("pm_card_chargeDeclined", declined("card_declined")),
        ("pm_card_noFunds", declined("insufficient_funds")),
        ("pm_card_stolen", declined("card_declined")),
        ("pm_card_expired", declined("expired_card")),
        (NEEDS_AUTHENTICATION, declined("authentication_required")),
    ],
)
def test_an_outcome_is_given_again_and_found(
    stripe_server: StripeServer, token: str, result: ChargeResult
) -> None:
    assert [made(stripe_server, charge(token)) for _ in range(2)] == [result, result]
    assert found(stripe_server, charge(token)) == result
    assert len(stripe_server.account.intents) == 1
    assert len(stripe_server.account.taken) == (token == VISA)


@pytest.mark.parametrize("token", ["pm_invented", USED_BEFORE])
def test_a_wrong_token_is_the_persons_mistake(stripe_server: StripeServer, token: str) -> None:
    assert made(stripe_server, charge(token)) == declined("invalid_payment_method")
    assert found(stripe_server, charge(token)) == NOT_MADE


@pytest.mark.heavy
def test_charges_with_one_key_at_once_take_the_money_once(stripe_server: StripeServer) -> None:
    async def scenario(provider: PaymentProvider) -> list[ChargeResult]:
        return await asyncio.gather(*(provider.charge(charge(VISA)) for _ in range(20)))

    assert asking(stripe_server.url, scenario) == [SUCCEEDED] * 20
    assert stripe_server.account.taken == [500]


def test_what_was_not_made_is_closed_for_good(stripe_server: StripeServer) -> None:
    assert [found(stripe_server, charge(VISA)) for _ in range(2)] == [NOT_MADE, NOT_MADE]
    assert made(stripe_server, charge(VISA)) == NOT_MADE
    assert stripe_server.account.taken == []


def test_a_charge_is_found_when_stripe_has_forgotten_its_key(stripe_server: StripeServer) -> None:
    made(stripe_server, charge(VISA, key="of another deployment"))
    made(stripe_server, charge(VISA))
    stripe_server.account.forget_keys()
    assert found(stripe_server, charge(VISA)) == ChargeResult(ChargeState.SUCCEEDED, "pi_2")
    assert stripe_server.account.taken == [500, 500]


@pytest.mark.parametrize("is_key_forgotten", [False, True])
def test_a_charge_that_waits_for_the_person_is_given_up(
    stripe_server: StripeServer, *, is_key_forgotten: bool
) -> None:
    asked = replace(charge(NEEDS_AUTHENTICATION), allows_action=True)
    waiting = ChargeResult(ChargeState.REQUIRES_ACTION, "pi_1", client_secret="pi_1_secret")
    assert made(stripe_server, asked) == waiting
    if is_key_forgotten:
        stripe_server.account.forget_keys()
    assert found(stripe_server, asked) == waiting
    assert asking(stripe_server.url, lambda provider: provider.cancel(asked)) == NOT_MADE
    states = [intent["status"] for intent in stripe_server.account.intents.values()]
    assert states == ["canceled"] * (1 + is_key_forgotten)


def test_less_than_stripe_charges_at_least_is_declined(stripe_server: StripeServer) -> None:
    small = replace(charge(VISA), amount_cents=49)
    too_small = ChargeResult(ChargeState.DECLINED, None, "amount_too_small")
    assert (made(stripe_server, small), found(stripe_server, small)) == (too_small, too_small)
    assert stripe_server.account.taken == []


@pytest.mark.parametrize("is_charged_before", [False, True])
def test_a_charge_to_a_customer_who_was_deleted(
    stripe_server: StripeServer, *, is_charged_before: bool
) -> None:
    account = stripe_server.account
    customer = account.customers.create({}, 0)["id"]
    one = replace(charge(VISA), customer=customer)
    if is_charged_before:
        assert made(stripe_server, one).state is ChargeState.SUCCEEDED
    account.customers.delete(customer)
    account.forget_keys()
    missing = ChargeResult(ChargeState.DECLINED, None, "customer_missing")
    result = found(stripe_server, one)
    if is_charged_before:
        assert (result.state, result.reference) == (ChargeState.SUCCEEDED, "pi_1")
    else:
        assert result == missing
    new = replace(one, idempotency_key="another", payment_id=18)
    assert made(stripe_server, new) == missing
    assert account.taken == [500] * is_charged_before


def test_events_are_read(stripe_server: StripeServer) -> None:
    body = orjson.dumps(event("succeeded", "succeeded"))

    async def scenario(provider: PaymentProvider) -> object:
        return provider.read_event(body, sign(body, SECRET, NOW))

    reported = asking(stripe_server.url, scenario)
    assert isinstance(reported, PaymentEvent)
    assert reported.result == SUCCEEDED
    assert stripe_server.requested == []


def test_a_token_is_not_shown() -> None:
    assert VISA not in repr(charge(VISA))
