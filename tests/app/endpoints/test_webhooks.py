"""The payment provider's events over HTTP: signed, of a size, each applied once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from secrets import token_hex
from typing import Any

import orjson
import pytest

from clients.payments.signature import sign
from clients.payments.webhook import LARGEST_BODY_BYTES
from gql.values.ids import parse_global_id
from tests.fixtures.outside.stripe_events import event
from tests.fixtures.servers.billing import FORMER_WEBHOOK_SECRET, WEBHOOK_SECRET, Till
from tests.fixtures.servers.server import metrics_of, serving, settings_for
from tests.fixtures.stores.world import NOW

TAKEN = (200, {"received": True})
OUTCOME = """
SELECT p.status, s.status,
  (SELECT count(*) FROM billing_webhook_events WHERE payment_attempt_id = p.id)
FROM billing_payment_attempts p JOIN user_subscriptions s ON s.id = p.subscription_id
WHERE p.id = $1
"""


@pytest.fixture
def payment_id(till: Till) -> int:
    """A payment that was declined, as far as we have heard."""
    payload = till.checkout(till.new_person(), "pm_card_declined")
    _, id_ = parse_global_id(payload["payment"]["id"])
    return id_


# Any: an event is JSON.
def of(till: Till, payment_id: int, kind: str = "succeeded", /, **others: Any) -> dict[str, Any]:
    """An event of a payment."""
    metadata = {"payment_id": str(payment_id), "idempotency_key": till.key_of(payment_id)}
    sent = event(kind, "succeeded" if kind == "succeeded" else "requires_payment_method")
    sent["data"]["object"] |= {"id": f"pi_{payment_id}", "metadata": metadata | others}
    return sent | {"id": f"evt_{token_hex()}"}


def refused(status: int, reason: str) -> tuple[int, Any]:
    """The answer to what is no event."""
    error = {"message": f"This is refused: {reason}.", "extensions": {"code": "BAD_REQUEST"}}
    return status, {"errors": [error]}


def answered(till: Till, body: Any, secret: str = WEBHOOK_SECRET) -> tuple[int, Any]:
    answer = till.send_event(body, secret)
    return answer.status_code, answer.json()


@pytest.mark.parametrize("secret", [WEBHOOK_SECRET, FORMER_WEBHOOK_SECRET])
def test_an_event_of_a_success_begins_the_subscription(
    till: Till, payment_id: int, secret: str
) -> None:
    sent = of(till, payment_id)
    assert answered(till, sent, secret) == TAKEN
    assert answered(till, sent, secret) == TAKEN
    assert till.rows(OUTCOME, payment_id) == [("succeeded", "active", 1)]


def events(till: Till, outcome: str) -> float:
    """How many events had that outcome so far, as /metrics has it."""
    name = f'guidance_webhook_events_total{{outcome="{outcome}"}}'
    lines = (line.split() for line in metrics_of(till.api.http).splitlines())
    return next((float(line[1]) for line in lines if line and line[0] == name), 0.0)


def test_what_becomes_of_events_is_counted(till: Till, payment_id: int) -> None:
    before = {outcome: events(till, outcome) for outcome in ("taken", "refused", "failed")}
    sent = of(till, payment_id)
    assert answered(till, sent) == TAKEN
    assert answered(till, sent, "another-secret")[0] == 400
    grown = {outcome: events(till, outcome) - count for outcome, count in before.items()}
    assert grown == {"taken": 1, "refused": 1, "failed": 0}


def test_the_trail_has_the_request_that_brought_the_event(till: Till, payment_id: int) -> None:
    answer = till.send_event(of(till, payment_id))
    (row,) = till.rows(
        "SELECT action, actor_kind, actor_id, request_id FROM audit_events "
        "WHERE (details->>'payment')::bigint = $1 ORDER BY id DESC LIMIT 1",
        payment_id,
    )
    assert row == ("payment.succeeded", "system", None, answer.headers["x-request-id"])


def test_an_event_that_comes_many_times_at_once(till: Till, payment_id: int) -> None:
    sent = of(till, payment_id)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: answered(till, sent), range(20)))
    assert answers == [TAKEN] * 20
    assert till.rows(OUTCOME, payment_id) == [("succeeded", "active", 1)]
    ((count,),) = till.rows(
        "SELECT count(*) FROM audit_events WHERE (details->>'payment')::bigint = $1 "
        "AND action = 'payment.succeeded'",
        payment_id,
    )
    assert count == 1


@pytest.mark.parametrize("order", list(permutations(["succeeded", "payment_failed"])))
def test_success_counts_in_either_order(
    till: Till, payment_id: int, order: tuple[str, str]
) -> None:
    for kind in order:
        assert answered(till, of(till, payment_id, kind)) == TAKEN
    assert till.rows(OUTCOME, payment_id) == [("succeeded", "active", 2)]


@pytest.mark.parametrize(
    "others",
    [
        {"idempotency_key": "of another deployment"},
        {"payment_id": "987654321"},
        {"payment_id": str(2**63 - 1)},
        {"payment_id": str(2**63)},
        {"payment_id": "-1"},
    ],
)
def test_an_event_of_a_charge_that_is_not_ours(
    till: Till, payment_id: int, others: dict[str, str]
) -> None:
    assert answered(till, of(till, payment_id, **others)) == TAKEN
    assert till.rows(OUTCOME, payment_id) == [("failed", "failed", 0)]


REFUND = """INSERT INTO billing_payment_attempts
(user_id, subscription_id, plan_code, status, amount_cents, currency, idempotency_key, provider_key,
 kind, refund_of_id)
SELECT user_id, subscription_id, plan_code, 'succeeded', 200, currency, 'refund',
  'refund of ' || id, 'refund', id
FROM billing_payment_attempts WHERE id = $1 RETURNING provider_key"""
REFUNDED = "SELECT status, failure_reason FROM billing_payment_attempts WHERE refund_of_id = $1"


def test_an_event_of_a_refund_that_came_back(till: Till, payment_id: int) -> None:
    ((key,),) = till.rows(REFUND, payment_id)
    refund = {
        "id": f"re_{payment_id}",
        "object": "refund",
        "amount": 200,
        "status": "pending",
        "payment_intent": "pi_1",
        "metadata": {"refund_key": key},
    }
    sent = of(till, payment_id) | {"type": "refund.failed", "data": {"object": refund}}
    assert answered(till, sent) == TAKEN
    assert till.rows(REFUNDED, payment_id) == [("succeeded", None)]
    refund["status"] = "failed"
    for _ in range(2):
        assert answered(till, sent) == TAKEN
        assert till.rows(REFUNDED, payment_id) == [("failed", "refund_failed")]
    refund["metadata"] = {"refund_key": "of somebody else"}
    assert answered(till, sent) == TAKEN


def test_an_event_of_another_kind(till: Till, payment_id: int) -> None:
    for kind in ("charge.refunded", "payment_intent.created", "x"):
        assert answered(till, of(till, payment_id) | {"type": kind}) == TAKEN
    assert till.rows(OUTCOME, payment_id) == [("failed", "failed", 0)]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "customer.created"},
        {"type": "customer.created", "id": "\0", "created": 10**18, "data": None},
        {"type": "\0", "id": ["evt_1"]},
    ],
)
def test_an_event_of_an_unknown_kind_has_any_shape(till: Till, body: dict[str, Any]) -> None:
    assert answered(till, body) == TAKEN


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "evt_\0"},
        {"id": "e" * 256},
        {"created": -(10**17)},
        {"created": "yesterday"},
        {"data": {"object": []}},
        {"data": {}},
    ],
)
def test_an_event_of_a_known_kind_that_is_broken(
    till: Till, payment_id: int, changes: dict[str, Any]
) -> None:
    status, body = answered(till, of(till, payment_id) | changes)
    assert (status, body["errors"][0]["extensions"]) == (400, {"code": "BAD_REQUEST"})
    assert till.rows(OUTCOME, payment_id) == [("failed", "failed", 0)]


def test_an_event_that_nobody_signed(till: Till, payment_id: int) -> None:
    body = orjson.dumps(of(till, payment_id))
    good = sign(body, WEBHOOK_SECRET, NOW)
    headers = {
        "": "the signature has no time",
        "t=x,v1=y": "the signature has no time",
        good.replace("v1=", "v0="): "the signature does not match",
        sign(body + b" ", WEBHOOK_SECRET, NOW): "the signature does not match",
        sign(body, "whsec_guessed_and_long_enough_too", NOW): "the signature does not match",
        **{
            sign(body, WEBHOOK_SECRET, NOW + timedelta(seconds=seconds)): (
                "the signature is too old or from the future"
            )
            for seconds in (-301, 301)
        },
    }
    for header, reason in headers.items():
        answer = till.api.http.post(
            "/webhooks/payments", content=body, headers={"stripe-signature": header}
        )
        assert (answer.status_code, answer.json()) == refused(400, reason)
    assert till.api.http.post("/webhooks/payments", content=body).status_code == 400
    assert till.rows(OUTCOME, payment_id) == [("failed", "failed", 0)]


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_signature_of_five_minutes_before_or_after(
    till: Till, payment_id: int, seconds: int
) -> None:
    body = orjson.dumps(of(till, payment_id))
    header = sign(body, WEBHOOK_SECRET, NOW + timedelta(seconds=seconds))
    answer = till.api.http.post(
        "/webhooks/payments", content=body, headers={"stripe-signature": header}
    )
    assert (answer.status_code, answer.json()) == TAKEN


def test_the_largest_body_and_one_that_is_larger(till: Till, payment_id: int) -> None:
    body = orjson.dumps(of(till, payment_id)).ljust(LARGEST_BODY_BYTES)
    assert answered(till, body + b" ") == refused(413, "the body is too large")
    assert till.rows(OUTCOME, payment_id) == [("failed", "failed", 0)]
    assert answered(till, body) == TAKEN
    assert till.rows(OUTCOME, payment_id) == [("succeeded", "active", 1)]


def test_a_signed_body_that_is_no_event(till: Till) -> None:
    assert answered(till, b"[]") == refused(400, "the event lacks what every event has")


def test_only_posting_is_for_events(till: Till) -> None:
    assert till.api.http.get("/webhooks/payments").status_code == 405


@pytest.mark.heavy
def test_without_the_database_the_provider_is_to_send_it_again(tmp_path: Path) -> None:
    settings = settings_for(
        "postgresql://127.0.0.1:1/nothing", tmp_path, payments_webhook_secrets=(WEBHOOK_SECRET,)
    )
    with serving(settings) as api:
        assert answered(Till(api, ""), event("succeeded", "succeeded")) == (
            503,
            {
                "errors": [
                    {
                        "message": "Try again later.",
                        "extensions": {"code": "SERVICE_UNAVAILABLE"},
                    }
                ]
            },
        )


def test_without_a_secret_every_event_is_refused(world: str, tmp_path: Path) -> None:
    with serving(settings_for(world, tmp_path)) as api:
        sent = answered(Till(api, world), event("succeeded", "succeeded"))
    assert sent == refused(400, "no secret is set")
