"""Who may pay and who may change, and what news make of a payment: every case."""

from itertools import product

import pytest

from clients.payments.records import ChargeResult, ChargeState
from db.states import PaymentKind, PaymentStatus, SubscriptionStatus
from services.billing.rules.payments import (
    PaymentDeclined,
    SubscriptionAlreadyActive,
    check_can_pay,
    checked_token,
    next_payment_status,
    payment_declined,
    payment_failure_reason,
)
from services.mutations.refusals import Conflict, InvalidInput, Refusal

UNPAID = (SubscriptionStatus.INACTIVE, SubscriptionStatus.FAILED)


@pytest.mark.parametrize("status", UNPAID)
def test_what_is_not_paid_can_be(status: SubscriptionStatus) -> None:
    check_can_pay(status)


@pytest.mark.parametrize(
    ("status", "refusal", "seconds"),
    [
        (SubscriptionStatus.ACTIVE, SubscriptionAlreadyActive, None),
        (SubscriptionStatus.PENDING, Conflict, 2),
    ],
)
def test_nobody_pays_twice(
    status: SubscriptionStatus, refusal: type[Refusal], seconds: int | None
) -> None:
    with pytest.raises(refusal) as raised:
        check_can_pay(status)
    assert (raised.value.field, raised.value.retry_after_seconds) == (None, seconds)


def test_news_move_a_payment_that_they_can_move_and_no_other() -> None:
    moves = {
        kind: {
            (status, state): next_payment_status(kind, status, state)
            for status, state in product(PaymentStatus, ChargeState)
        }
        for kind in PaymentKind
    }
    found = {
        kind: {case: status for case, status in moved.items() if status is not None}
        for kind, moved in moves.items()
    }
    usual = {
        (PaymentStatus.PENDING, ChargeState.SUCCEEDED): PaymentStatus.SUCCEEDED,
        (PaymentStatus.PENDING, ChargeState.DECLINED): PaymentStatus.FAILED,
        (PaymentStatus.PENDING, ChargeState.NOT_MADE): PaymentStatus.FAILED,
        (PaymentStatus.PENDING, ChargeState.REQUIRES_ACTION): PaymentStatus.REQUIRES_ACTION,
        (PaymentStatus.REQUIRES_ACTION, ChargeState.SUCCEEDED): PaymentStatus.SUCCEEDED,
        (PaymentStatus.REQUIRES_ACTION, ChargeState.DECLINED): PaymentStatus.FAILED,
        (PaymentStatus.REQUIRES_ACTION, ChargeState.NOT_MADE): PaymentStatus.FAILED,
        (PaymentStatus.FAILED, ChargeState.SUCCEEDED): PaymentStatus.SUCCEEDED,
    }
    came_back = {
        (PaymentStatus.SUCCEEDED, ChargeState.DECLINED): PaymentStatus.FAILED,
        (PaymentStatus.SUCCEEDED, ChargeState.NOT_MADE): PaymentStatus.FAILED,
    }
    assert found == dict.fromkeys(PaymentKind, usual) | {PaymentKind.REFUND: usual | came_back}


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (ChargeResult(ChargeState.SUCCEEDED, "pi_1"), None),
        (ChargeResult(ChargeState.DECLINED, "pi_1", "expired_card"), "expired_card"),
        (ChargeResult(ChargeState.NOT_MADE, "pi_1"), "not_charged"),
    ],
)
def test_the_reason_why_nothing_was_paid(result: ChargeResult, reason: str | None) -> None:
    assert payment_failure_reason(result) == reason


def test_what_a_person_sees_of_a_payment() -> None:
    for status in (PaymentStatus.PENDING, PaymentStatus.SUCCEEDED):
        assert payment_declined(status, None) is None
    declines = {
        reason: payment_declined(PaymentStatus.FAILED, reason)
        for reason in ("expired_card", "not_charged", "no_payment_method")
    }
    assert {type(one) for one in declines.values()} == {PaymentDeclined}
    assert {reason: (str(one), one and one.field) for reason, one in declines.items()} == {
        "expired_card": ("The payment was declined: expired_card.", "paymentMethodToken"),
        "not_charged": (
            "The payment could not be made, and nothing was charged; pay again.",
            None,
        ),
        "no_payment_method": (
            "No payment method is stored; give one with updatePaymentMethod.",
            None,
        ),
    }


@pytest.mark.parametrize("token", ["x", "pm_card_ok", "x" * 255])
def test_a_token(token: str) -> None:
    assert checked_token(token) == token


@pytest.mark.parametrize("token", ["", "x" * 256, "pm_ö", "pm\n", "pm\0", "pm\x7f"])
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        checked_token(token)
    assert raised.value.field == "paymentMethodToken"
