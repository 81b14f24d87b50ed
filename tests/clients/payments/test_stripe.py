"""Charges through Stripe: what is asked, and what the answers mean."""

import asyncio
import socket
from dataclasses import replace

import orjson
import pytest

from clients.payments.opening import PaymentConfiguration, StripeAccess, open_payment_provider
from clients.payments.provider import (
    PaymentProvider,
    PaymentProviderRefused,
    PaymentProviderUnavailable,
)
from clients.payments.records import Charge, ChargeResult, ChargeState, PaymentEvent
from clients.payments.signature import sign
from clients.payments.stripe.transport import LARGEST_RESPONSE_BYTES
from tests.clients.payments.providers import NOW, SECRET, asking, charge
from tests.fixtures.outside.endless import (
    Answer,
    a_body_without_end,
    a_byte_at_a_time,
    a_compressed_body,
    a_head_without_end,
    endless_server,
    nothing,
)
from tests.fixtures.outside.stripe import Asked, Fault, StripeServer, Way
from tests.fixtures.outside.stripe_events import event
from tests.fixtures.outside.stripe_objects.tokens import (
    BANK_DEBIT,
    NEEDS_AUTHENTICATION,
    USED_BEFORE,
    VISA,
)

SUCCEEDED = ChargeResult(ChargeState.SUCCEEDED, "pi_1")
NOT_MADE = ChargeResult(ChargeState.NOT_MADE, "pi_1")
INTENTS = "/v1/payment_intents"


def declined(reason: str) -> ChargeResult:
    return ChargeResult(ChargeState.DECLINED, "pi_1", reason)


def made(server: StripeServer, one: Charge) -> ChargeResult:
    return asking(server.url, lambda provider: provider.charge(one))


def found(server: StripeServer, one: Charge) -> ChargeResult:
    return asking(server.url, lambda provider: provider.find(one))


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


@pytest.mark.parametrize("way", [Way.STATUS, Way.DROPPED])
@pytest.mark.parametrize("is_carried_out", [False, True])
def test_failures_that_pass_are_tried_again(
    stripe_server: StripeServer, way: Way, *, is_carried_out: bool
) -> None:
    fault = Fault(way, is_carried_out=is_carried_out)
    stripe_server.faults = [fault, fault, None, fault, fault]
    slept: list[float] = []
    result = asking(stripe_server.url, lambda provider: provider.charge(charge(VISA)), slept=slept)
    assert result == SUCCEEDED
    assert stripe_server.account.taken == [500]
    assert [requested.key for requested in stripe_server.requested] == ["key"] * 3 + [
        "key:confirm"
    ] * 3
    assert len(slept) == 4
    assert all(0.5 <= seconds <= 1 for seconds in slept)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
@pytest.mark.parametrize("is_at_confirm", [False, True])
def test_each_failure_that_may_pass_is_tried_again(
    stripe_server: StripeServer, status: int, *, is_at_confirm: bool
) -> None:
    stripe_server.faults = [None] * is_at_confirm + [Fault(Way.STATUS, status=status)] * 2
    assert made(stripe_server, charge(VISA)) == SUCCEEDED
    assert stripe_server.account.taken == [500]
    keys = [requested.key for requested in stripe_server.requested]
    assert keys == (["key"] + ["key:confirm"] * 3 if is_at_confirm else ["key"] * 3 + [keys[-1]])


@pytest.mark.parametrize(
    ("requested", "least"),
    [("3", 3), ("0", 0.5), ("9999999999", 0.5), ("1e3", 0.5), ("-1", 0.5), ("999999", 60)],
)
def test_a_rate_limit_is_waited_for_as_long_as_it_says(
    stripe_server: StripeServer, requested: str, least: float
) -> None:
    limited = Fault(Way.STATUS, status=429, fields=(("Retry-After", requested),))
    stripe_server.faults = [limited, None, Fault(Way.STATUS, status=500)]
    slept: list[float] = []
    asking(stripe_server.url, lambda provider: provider.charge(charge(VISA)), slept=slept)
    assert least <= slept[0] <= max(least, 1)
    assert 0.5 <= slept[1] <= 1, "what one answer asks for does not hold for the next"


def test_what_stripe_says_not_to_repeat_is_not(stripe_server: StripeServer) -> None:
    fields = (("Stripe-Should-Retry", "false"),)
    stripe_server.faults = [Fault(Way.STATUS, status=429, fields=fields)]
    with pytest.raises(PaymentProviderUnavailable):
        made(stripe_server, charge(VISA))
    assert len(stripe_server.requested) == 1


@pytest.mark.parametrize(
    "answer", [a_body_without_end, a_byte_at_a_time, a_compressed_body, a_head_without_end, nothing]
)
async def test_an_answer_without_end_is_read_no_further_than_needed(answer: Answer) -> None:
    async with endless_server(answer) as endless:
        access = StripeAccess("sk_of_the_tests", endless.url, 0.5)
        async with open_payment_provider(
            PaymentConfiguration(access, ()), clock=lambda: NOW
        ) as provider:
            with pytest.raises(PaymentProviderUnavailable):
                await provider.charge(charge(VISA))
        # What the system's buffers take in besides is some megabytes, at each attempt.
        assert endless.sent < 4 * (LARGEST_RESPONSE_BYTES + 10_000_000)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_an_outcome_that_stripe_does_not_give(stripe_server: StripeServer, status: int) -> None:
    stripe_server.faults = [Fault(Way.STATUS, status=status)] * 3
    with pytest.raises(PaymentProviderUnavailable) as unavailable:
        made(stripe_server, charge(VISA))
    assert f"status {status}" in str(unavailable.value)
    assert "not for eyes" not in str(unavailable.value)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b'{"id": "pi_1", "status": "odd"}'])
def test_an_answer_that_nobody_understands(stripe_server: StripeServer, body: bytes) -> None:
    stripe_server.faults = [None, Fault(Way.STATUS, status=200, body=body)]
    with pytest.raises(PaymentProviderUnavailable):
        made(stripe_server, charge(VISA))


@pytest.mark.parametrize("is_carried_out", [False, True])
def test_silence_ends_in_time(stripe_server: StripeServer, *, is_carried_out: bool) -> None:
    stripe_server.faults = [None, Fault(Way.SILENT, is_carried_out=is_carried_out)]

    async def scenario(provider: PaymentProvider) -> ChargeResult:
        with pytest.raises(PaymentProviderUnavailable, match=r"within 0\.3 seconds"):
            await provider.charge(charge(VISA))
        return await provider.find(charge(VISA))

    result = asking(stripe_server.url, scenario, timeout_seconds=0.3)
    assert result == (SUCCEEDED if is_carried_out else NOT_MADE)
    assert stripe_server.account.taken == ([500] if is_carried_out else [])


def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(PaymentProviderUnavailable, match="APIConnectionError"):
            asking(url, lambda provider: provider.charge(charge(VISA)))


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


def test_a_wrong_api_key_is_no_decline(stripe_server: StripeServer) -> None:
    api_key = "sk_test_wrong"
    with pytest.raises(PaymentProviderRefused) as refused:
        asking(stripe_server.url, lambda one: one.charge(charge(VISA)), api_key=api_key)
    message = "Stripe: AuthenticationError, status 401, code None, request req_1"
    assert str(refused.value) == message


def test_a_wrong_request_is_no_decline(stripe_server: StripeServer) -> None:
    wrong = Charge(17, 500, "XXX", VISA, "key")
    with pytest.raises(PaymentProviderRefused, match="code parameter_invalid_string"):
        made(stripe_server, wrong)


def test_a_key_with_other_values_is_no_decline(stripe_server: StripeServer) -> None:
    made(stripe_server, charge(VISA))
    with pytest.raises(PaymentProviderRefused, match="IdempotencyError"):
        made(stripe_server, charge(VISA, payment_id=18))
    with pytest.raises(PaymentProviderRefused, match="IdempotencyError"):
        made(stripe_server, charge(BANK_DEBIT))
    assert stripe_server.account.taken == [500]


@pytest.mark.parametrize("status", [302, 403, 404])
def test_an_address_that_is_not_stripes_is_no_decline(
    stripe_server: StripeServer, status: int
) -> None:
    stripe_server.faults = [Fault(Way.STATUS, status=status, body=b"{}")]
    with pytest.raises(PaymentProviderRefused):
        made(stripe_server, charge(VISA))
    assert len(stripe_server.requested) == 1


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
