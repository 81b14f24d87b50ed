"""What an intent says of its charge."""

from typing import Any

import pytest

from clients.payments.intents import UnknownIntent, charge_of_intent, metadata_of, result_of
from clients.payments.records import Charge, ChargeResult, ChargeState

LARGEST = 2**63 - 1


# Any: an intent is JSON.
def intent(status: object, **others: Any) -> dict[str, Any]:
    return {"id": "pi_1", "status": status, "last_payment_error": None} | others


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("succeeded", ChargeState.SUCCEEDED),
        ("processing", ChargeState.PENDING),
        ("requires_capture", ChargeState.PENDING),
        ("requires_payment_method", ChargeState.NOT_MADE),
        ("requires_confirmation", ChargeState.NOT_MADE),
        ("canceled", ChargeState.NOT_MADE),
    ],
)
def test_each_status(status: str, state: ChargeState) -> None:
    assert result_of(intent(status)) == ChargeResult(state, "pi_1")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        ({"code": "expired_card"}, "expired_card"),
        ({"code": "card_declined", "decline_code": "insufficient_funds"}, "insufficient_funds"),
        ({"code": "card_declined", "decline_code": "generic_decline"}, "card_declined"),
        ({"code": "card_declined", "decline_code": "stolen_card"}, "card_declined"),
        ({"code": "card_declined", "decline_code": "fraudulent"}, "card_declined"),
        ({"code": "card_declined", "decline_code": None}, "card_declined"),
        ({}, "card_declined"),
    ],
)
def test_a_failed_attempt_is_a_decline_for_a_reason_that_may_be_shown(
    failure: dict[str, str], reason: str
) -> None:
    result = result_of(intent("requires_payment_method", last_payment_error=failure))
    assert result == ChargeResult(ChargeState.DECLINED, "pi_1", reason)


def test_a_wish_for_authentication_is_a_decline() -> None:
    wanted = ChargeResult(ChargeState.DECLINED, "pi_1", "authentication_required")
    assert result_of(intent("requires_action")) == wanted


@pytest.mark.parametrize(
    "unknown", [intent("requires_prayer"), intent(None), intent(7), {"status": "succeeded"}, {}]
)
def test_an_intent_that_we_do_not_know(unknown: dict[str, Any]) -> None:
    with pytest.raises(UnknownIntent):
        result_of(unknown)


def test_metadata_name_the_charge() -> None:
    charge = Charge(LARGEST, 500, "EUR", "pm_card_visa", "key 1")
    assert charge_of_intent(intent("succeeded", metadata=metadata_of(charge))) == (LARGEST, "key 1")


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {},
        {"payment_id": "17"},
        {"payment_id": 17, "idempotency_key": "key"},
        {"payment_id": "", "idempotency_key": "key"},
        {"payment_id": "-17", "idempotency_key": "key"},
        {"payment_id": "order 17", "idempotency_key": "key"},
        {"payment_id": "\u0661\u0667", "idempotency_key": "key"},
        {"payment_id": str(LARGEST + 1), "idempotency_key": "key"},
        {"payment_id": "9" * 5_000, "idempotency_key": "key"},
    ],
)
def test_somebody_elses_intent_names_no_charge_of_ours(metadata: object) -> None:
    assert charge_of_intent(intent("succeeded", metadata=metadata)) is None
