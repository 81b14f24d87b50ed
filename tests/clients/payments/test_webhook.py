"""Events: read when authentic and whole, and distinguished from what does not concern us."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.payments.records import (
    ChargeResult,
    ChargeState,
    PaymentEvent,
    RefundEvent,
    RefundResult,
    RefundState,
)
from clients.payments.signature import InvalidWebhook, sign
from clients.payments.webhook import LARGEST_BODY_BYTES, WebhookReader
from tests.fixtures.outside.stripe_events import CREATED, event

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SECRETS = ("whsec_the_newest_one", "whsec_the_one_before")
READER = WebhookReader(SECRETS, lambda: NOW)


def read(body: object) -> PaymentEvent | RefundEvent | None:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return READER.read(content, sign(content, SECRETS[1], NOW))


def refusal(body: object) -> str:
    with pytest.raises(InvalidWebhook) as refused:
        read(body)
    return str(refused.value)


@pytest.mark.parametrize(
    ("sent_event", "result"),
    [
        (event("succeeded", "succeeded"), ChargeResult(ChargeState.SUCCEEDED, "pi_1")),
        (event("processing", "processing"), ChargeResult(ChargeState.PENDING, "pi_1")),
        (
            event(
                "payment_failed",
                "requires_payment_method",
                last_payment_error={"code": "card_declined", "decline_code": "insufficient_funds"},
            ),
            ChargeResult(ChargeState.DECLINED, "pi_1", "insufficient_funds"),
        ),
    ],
    ids=["succeeded", "processing", "failed"],
)
def test_what_became_of_a_charge(sent_event: dict[str, Any], result: ChargeResult) -> None:
    assert read(sent_event) == PaymentEvent("evt_1", CREATED, 17, "key", result)


OTHER_VERSIONS = [
    (
        "2018-11-08",
        event(
            "payment_failed",
            "requires_source",
            last_payment_error={"code": "card_declined", "decline_code": "insufficient_funds"},
            source=None,
        ),
        ChargeResult(ChargeState.DECLINED, "pi_1", "insufficient_funds"),
    ),
    (
        "2018-11-08",
        event(
            "requires_action",
            "requires_source_action",
            client_secret="pi_1_secret",
            metadata={"payment_id": "17", "idempotency_key": "key", "allows_action": "true"},
        ),
        ChargeResult(ChargeState.REQUIRES_ACTION, "pi_1", client_secret="pi_1_secret"),
    ),
    (
        "2020-08-27",
        event("succeeded", "succeeded", charges={"object": "list", "data": [{"id": "ch_1"}]}),
        ChargeResult(ChargeState.SUCCEEDED, "pi_1"),
    ),
    (
        "2031-01-01.zinnia",
        event("succeeded", "succeeded", latest_charge="ch_1", of_the_future={"nested": [1]}),
        ChargeResult(ChargeState.SUCCEEDED, "pi_1"),
    ),
]


def test_what_cannot_be_stored_of_a_success_is_left_out() -> None:
    sent = event(
        "succeeded",
        "succeeded",
        customer="cus_1",
        payment_method="pm\0",
        metadata={"payment_id": "17", "idempotency_key": "key", "tax_cents": "9" * 15},
    )
    result = ChargeResult(ChargeState.SUCCEEDED, "pi_1")
    assert read(sent) == PaymentEvent("evt_1", CREATED, 17, "key", result)


@pytest.mark.parametrize(("version", "sent_event", "result"), OTHER_VERSIONS)
def test_an_endpoint_of_another_version_of_the_api(
    version: str, sent_event: dict[str, Any], result: ChargeResult
) -> None:
    sent = sent_event | {"api_version": version}
    assert read(sent) == PaymentEvent("evt_1", CREATED, 17, "key", result)


@pytest.mark.parametrize(
    "sent_event",
    [
        event("succeeded", "succeeded", metadata={"order": "17"}),
        event("succeeded", "succeeded", metadata=None),
        event("succeeded", "succeeded", metadata={"payment_id": "1", "idempotency_key": "a\0"}),
        event("succeeded", "succeeded", metadata={"payment_id": "1", "idempotency_key": ""}),
        event("succeeded", "succeeded", metadata={"payment_id": "1", "idempotency_key": "k" * 256}),
    ],
)
def test_an_event_that_does_not_concern_us(sent_event: dict[str, Any]) -> None:
    assert read(sent_event) == PaymentEvent("evt_1", CREATED)


@pytest.mark.parametrize(
    "sent_event",
    [
        event("created", "requires_payment_method"),
        event("canceled", "canceled"),
        event("invented_tomorrow", "succeeded"),
        event("succeeded", "succeeded") | {"type": "customer.created"},
        {"type": "customer.created"},
        {"type": "", "id": "\0", "created": None, "data": []},
        {"type": "v2.\0", "created": "2026-11-20T09:29:00Z", "data": {"object": 5}},
    ],
    ids=range(7),
)
def test_an_event_of_a_kind_that_we_do_not_know(sent_event: dict[str, Any]) -> None:
    assert read(sent_event) is None


@pytest.mark.parametrize("id_", ["", "evt\0", "evt 1", "ev\u0435", "e" * 256, None, 5, []])
def test_an_event_whose_name_is_none(id_: object) -> None:
    sent_event = event("succeeded", "succeeded") | {"id": id_}
    assert refusal(sent_event) == "the event lacks what every event has"
    sent_event = event("succeeded", "succeeded", id=id_)
    assert refusal(sent_event) == "the event does not say what became of its charge"


@pytest.mark.parametrize("code", ["no\0", "ada@example.com", {}, ["x"], 5, "", "x" * 65])
def test_a_reason_that_is_no_code_is_the_plain_one(code: object) -> None:
    failure = {"code": "card_declined", "decline_code": code}
    sent_event = event("payment_failed", "requires_payment_method", last_payment_error=failure)
    result = ChargeResult(ChargeState.DECLINED, "pi_1", "card_declined")
    assert read(sent_event) == PaymentEvent("evt_1", CREATED, 17, "key", result)


@pytest.mark.parametrize("lacking", ["id", "type", "created", "data"])
def test_an_event_that_lacks_a_field(lacking: str) -> None:
    sent_event = event("succeeded", "succeeded")
    del sent_event[lacking]
    assert refusal(sent_event) == "the event lacks what every event has"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is not JSON"),
        (b"{", "the body is not JSON"),
        (b"\xff", "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b"null", "the event lacks what every event has"),
        (b"[]", "the event lacks what every event has"),
        (event("succeeded", "succeeded") | {"id": 1}, "the event lacks what every event has"),
        (event("succeeded", "succeeded") | {"created": 10**17}, "the event is of no time"),
        (
            event("succeeded", "odd"),
            "the event does not say what became of its charge",
        ),
        (b" " * (LARGEST_BODY_BYTES + 1), "the body is too large"),
    ],
    ids=range(10),
)
def test_a_signed_body_that_is_no_event(body: object, reason: str) -> None:
    assert refusal(body) == reason


def test_a_body_that_is_just_not_too_large() -> None:
    body = orjson.dumps(event("succeeded", "succeeded")).ljust(LARGEST_BODY_BYTES)
    taken = read(body)
    assert isinstance(taken, PaymentEvent)
    assert taken.id == "evt_1"


def test_nothing_is_read_before_the_signature_is() -> None:
    with pytest.raises(InvalidWebhook, match="the signature does not match"):
        READER.read(b"{", sign(b"{", "whsec_another", NOW))


@pytest.mark.parametrize("secret", ["", "whsec_any"])
def test_without_a_secret_no_event_is_taken(secret: str) -> None:
    reader = WebhookReader((), lambda: NOW)
    with pytest.raises(InvalidWebhook, match="no secret is set"):
        reader.read(b"{}", sign(b"{}", secret, NOW))


def test_the_reader_does_not_show_its_secrets() -> None:
    assert SECRETS[0] not in repr(READER)


json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(event("succeeded", "succeeded"), json)))
def test_whatever_is_signed_is_an_event_or_refused(sent_event: dict[str, Any]) -> None:
    with suppress(InvalidWebhook):
        taken = read(event("succeeded", "succeeded") | sent_event)
        assert not isinstance(taken, PaymentEvent) or taken.occurred_at.tzinfo is UTC


# Any: an event is JSON.
def refund_event(kind: str, **refund: Any) -> dict[str, Any]:
    """An event of a refund of two euros."""
    usual = {
        "id": "re_1",
        "object": "refund",
        "amount": 200,
        "status": "failed",
        "payment_intent": "pi_1",
        "metadata": {"refund_key": "key"},
    }
    return event("succeeded", "succeeded") | {"type": kind, "data": {"object": usual | refund}}


@pytest.mark.parametrize("kind", ["refund.updated", "refund.failed", "charge.refund.updated"])
@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("succeeded", RefundState.SUCCEEDED),
        ("pending", RefundState.PENDING),
        ("failed", RefundState.FAILED),
        ("canceled", RefundState.FAILED),
        ("of a kind that is new", RefundState.PENDING),
        (None, RefundState.PENDING),
        (7, RefundState.PENDING),
    ],
)
def test_what_became_of_a_refund(kind: str, status: object, state: RefundState) -> None:
    told = RefundEvent("key", "pi_1", 200, RefundResult(state, "re_1"))
    assert read(refund_event(kind, status=status)) == told


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": {}},
        {"metadata": None},
        {"metadata": {"refund_key": "a\0"}},
        {"payment_intent": None},
        {"payment_intent": "pi\0"},
        {"id": 1},
        {"amount": "200"},
        {"amount": True},
        {"amount": -1},
        {"amount": 2**31},
    ],
)
def test_a_refund_that_is_not_ours(changes: dict[str, Any]) -> None:
    assert read(refund_event("refund.updated", **changes)) is None
