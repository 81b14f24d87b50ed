"""What an intent says of its charge."""

from typing import Any

import pytest

from clients.payments.records import Charge, ChargeResult, ChargeState, Owner, OwnerKind
from clients.payments.stripe.intents import (
    ChargeIdentity,
    UnknownIntent,
    charge_of_intent,
    metadata_of,
    result_of,
)

LARGEST = 2**63 - 1
PERSON = Owner(OwnerKind.PERSON, 3)


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
    charge = Charge(LARGEST, 500, "EUR", "pm_card_visa", "key 1", owner=PERSON)
    found = charge_of_intent(intent("succeeded", metadata=metadata_of(charge)))
    assert found == ChargeIdentity(LARGEST, "key 1", PERSON)


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


@pytest.mark.parametrize(
    "owner",
    [None, "", "person", "person:", "person:-1", "dog:3", f"person:{LARGEST + 1}", "person:\u0663"],
)
def test_an_owner_that_is_none(owner: object) -> None:
    metadata = {"payment_id": "17", "idempotency_key": "key", "owner": owner}
    assert charge_of_intent({"metadata": metadata}) == ChargeIdentity(17, "key")


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        ("requires_action", None),
        ("requires_payment_method", {"code": "authentication_required"}),
    ],
)
def test_a_charge_that_allows_it_waits_for_the_person(
    status: str, failure: dict[str, str] | None
) -> None:
    asked = intent(
        status,
        last_payment_error=failure,
        client_secret="secret",
        metadata={"allows_action": "true"},
    )
    waits = ChargeResult(ChargeState.REQUIRES_ACTION, "pi_1", client_secret="secret")
    assert result_of(asked) == waits
    declined = ChargeResult(ChargeState.DECLINED, "pi_1", "authentication_required")
    assert result_of(asked | {"metadata": {}}) == declined


def test_a_paid_charge_tells_its_method_and_its_tax() -> None:
    paid = intent(
        "succeeded", customer="cus_1", payment_method="pm_1", metadata={"tax_cents": "80"}
    )
    wanted = ChargeResult(ChargeState.SUCCEEDED, "pi_1", payment_method="pm_1", tax_cents=80)
    assert result_of(paid) == wanted
    without = paid | {"customer": None, "metadata": {"tax_cents": "none"}}
    assert result_of(without) == ChargeResult(ChargeState.SUCCEEDED, "pi_1")
