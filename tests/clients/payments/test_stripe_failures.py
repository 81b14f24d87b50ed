"""Charges through Stripe that fail: what is tried again, and what is no decline."""

import socket

import pytest

from clients.payments.opening import PaymentConfiguration, StripeAccess, open_payment_provider
from clients.payments.provider import (
    PaymentProvider,
    PaymentProviderRefused,
    PaymentProviderUnavailable,
)
from clients.payments.records import Charge, ChargeResult
from clients.payments.stripe.transport import LARGEST_RESPONSE_BYTES
from tests.clients.payments.providers import NOT_MADE, NOW, SUCCEEDED, asking, charge, made
from tests.fixtures.outside.endless import (
    Answer,
    a_body_without_end,
    a_byte_at_a_time,
    a_compressed_body,
    a_head_without_end,
    endless_server,
    nothing,
)
from tests.fixtures.outside.stripe import Fault, StripeServer, Way
from tests.fixtures.outside.stripe_objects.tokens import (
    BANK_DEBIT,
    VISA,
)


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
