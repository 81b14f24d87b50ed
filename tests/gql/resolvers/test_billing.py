"""Plans, payments and changes of plan over HTTP: exact payloads, refusals, and other callers."""

import re
from typing import Any

import pytest

from gql.values.ids import global_id
from tests.fixtures.servers.billing import CHANGE, CHECKOUT, RETRY, Till, paying
from tests.fixtures.servers.server import Api, issue_key, token_of
from tests.fixtures.stores.world import ADA, GRACES_COMPANY, NOW
from tests.waiting import until

NOON = NOW.isoformat().replace("+00:00", "Z")
NOTHING_DONE = {"subscription": None, "payment": None}
SUBSCRIPTION = "{ viewer { subscription { status plan { code } failureReason } } }"
PREMIUM = {
    "code": "premium-unlimited",
    "displayName": "Premium",
    "monthlyPriceCents": 2_000,
    "currency": "EUR",
    "dailyMessageLimit": 1_000,
}
BASIC = {
    "code": "basic-entry",
    "displayName": "Basic",
    "monthlyPriceCents": 500,
    "currency": "EUR",
    "dailyMessageLimit": 5,
}


# Any: a payload is JSON.
def refusal(payload: dict[str, Any]) -> tuple[str, list[str] | None, int | None]:
    """The only refusal of a payload, without its message, which is there."""
    (error,) = payload["userErrors"]
    assert error["message"]
    return error["code"], error["field"], error["retryAfterSeconds"]


def subscription(till: Till, person: int) -> Any:
    return till.api.data(SUBSCRIPTION, viewer=person)["viewer"]["subscription"]


def test_the_plans_on_sale_are_for_everybody(till: Till) -> None:
    document = "{ plans { code displayName monthlyPriceCents currency dailyMessageLimit } }"
    assert till.api.data(document) == {"plans": [BASIC, PREMIUM]}


@pytest.mark.parametrize("document", [CHECKOUT, RETRY], ids=["checkout", "retryPayment"])
@pytest.mark.parametrize("plan", ["basic-entry", "premium-unlimited"])
def test_a_payment_that_succeeds(till: Till, document: str, plan: str) -> None:
    person, order = till.new_person(), paying() | {"planCode": plan}
    payload = till.payload(document, order, viewer=person)
    assert payload == {
        "subscription": {
            "status": "ACTIVE",
            "plan": {"code": plan},
            "failureReason": None,
            "startedAt": NOON,
            "updatedAt": "2026-02-20T09:30:00.000001Z",
        },
        "payment": {
            "id": payload["payment"]["id"],
            "status": "SUCCEEDED",
            "failureReason": None,
            "createdAt": NOON,
        },
        "userErrors": [],
    }
    ((id_,),) = till.rows("SELECT id FROM billing_payment_attempts WHERE user_id = $1", person)
    assert payload["payment"]["id"] == global_id("Payment", id_)
    assert till.payload(document, order, viewer=person) == payload


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("pm_card_declined", "card_declined"),
        ("pm_card_invented", "invalid_payment_method"),
    ],
)
def test_a_payment_that_is_declined_and_then_retried(till: Till, token: str, reason: str) -> None:
    person, order = till.new_person(), paying(token)
    declined = till.payload(CHECKOUT, order, viewer=person)
    assert declined == {
        "subscription": {
            "status": "FAILED",
            "plan": {"code": "basic-entry"},
            "failureReason": reason,
            "startedAt": None,
            "updatedAt": "2026-02-20T09:30:00.000001Z",
        },
        "payment": {
            "id": declined["payment"]["id"],
            "status": "FAILED",
            "failureReason": reason,
            "createdAt": NOON,
        },
        "userErrors": [
            {
                "code": "PAYMENT_DECLINED",
                "message": f"The payment was declined: {reason}.",
                "field": ["input", "paymentMethodToken"],
                "retryAfterSeconds": None,
            }
        ],
    }
    assert till.payload(CHECKOUT, order, viewer=person) == declined
    retried = till.payload(RETRY, paying(), viewer=person)
    assert (retried["subscription"]["status"], retried["userErrors"]) == ("ACTIVE", [])


def test_a_payment_without_an_answer_is_finished_by_the_worker(till: Till) -> None:
    person, order = till.new_person(), paying("pm_card_timeout")
    payload = till.payload(CHECKOUT, order, viewer=person)
    assert (payload["payment"]["status"], payload["userErrors"]) == ("PENDING", [])
    assert payload["subscription"]["status"] == "PENDING"
    meanwhile = till.checkout(person)
    assert refusal(meanwhile) == ("CONFLICT", None, 2)
    until(lambda: subscription(till, person)["status"] == "ACTIVE")
    again = till.payload(CHECKOUT, order, viewer=person)
    assert again["payment"] == payload["payment"] | {"status": "SUCCEEDED"}


def test_what_has_changed_is_read_at_once_whatever_was_cached(till: Till) -> None:
    person = till.new_person()
    assert subscription(till, person)["status"] == "INACTIVE"
    till.checkout(person, "pm_card_declined")
    assert subscription(till, person)["status"] == "FAILED"
    till.payload(RETRY, paying(), viewer=person)
    assert subscription(till, person)["plan"] == {"code": "basic-entry"}
    till.payload(
        CHANGE, {"planCode": "premium-unlimited", "idempotencyKey": "change"}, viewer=person
    )
    assert subscription(till, person)["plan"] == {"code": "premium-unlimited"}


def test_a_plan_is_changed(till: Till) -> None:
    person = till.new_person()
    till.checkout(person)
    order = {"planCode": "premium-unlimited", "idempotencyKey": "change"}
    changed = till.payload(CHANGE, order, viewer=person)
    assert changed == {
        "subscription": {
            "status": "ACTIVE",
            "plan": {"code": "premium-unlimited"},
            "failureReason": None,
            "startedAt": NOON,
            "updatedAt": "2026-02-20T09:30:00.000002Z",
        },
        "previousPlan": BASIC,
        "userErrors": [],
    }
    assert till.payload(CHANGE, order, viewer=person) == changed


REFUSED = [
    ({"planCode": "golden"}, ("INVALID_PLAN", ["input", "planCode"], None)),
    ({"planCode": ""}, ("INVALID_PLAN", ["input", "planCode"], None)),
    ({"paymentMethodToken": ""}, ("INVALID_INPUT", ["input", "paymentMethodToken"], None)),
    ({"paymentMethodToken": "ö"}, ("INVALID_INPUT", ["input", "paymentMethodToken"], None)),
    ({"idempotencyKey": ""}, ("INVALID_INPUT", ["input", "idempotencyKey"], None)),
    ({"idempotencyKey": "a\nb"}, ("INVALID_INPUT", ["input", "idempotencyKey"], None)),
]


@pytest.mark.parametrize("document", [CHECKOUT, RETRY], ids=["checkout", "retryPayment"])
@pytest.mark.parametrize(("changes", "wanted"), REFUSED)
def test_a_payment_that_is_refused(
    till: Till,
    document: str,
    changes: dict[str, str],
    wanted: tuple[str, list[str] | None, int | None],
) -> None:
    person = till.new_person()
    payload = till.payload(document, paying() | changes, viewer=person)
    assert refusal(payload) == wanted
    assert {name: payload[name] for name in NOTHING_DONE} == NOTHING_DONE
    assert subscription(till, person) == {
        "status": "INACTIVE",
        "plan": None,
        "failureReason": None,
    }


@pytest.mark.parametrize("document", [CHECKOUT, RETRY], ids=["checkout", "retryPayment"])
def test_who_has_paid_pays_no_more(till: Till, document: str) -> None:
    person = till.new_person()
    till.checkout(person)
    payload = till.payload(document, paying(), viewer=person)
    assert refusal(payload) == ("SUBSCRIPTION_ALREADY_ACTIVE", None, None)


@pytest.mark.parametrize(
    ("token", "plan", "wanted"),
    [
        (None, "premium-unlimited", ("NO_ACTIVE_SUBSCRIPTION", None, None)),
        ("pm_card_declined", "premium-unlimited", ("NO_ACTIVE_SUBSCRIPTION", None, None)),
        ("pm_card_ok", "basic-entry", ("ALREADY_ON_PLAN", ["input", "planCode"], None)),
        ("pm_card_ok", "golden", ("INVALID_PLAN", ["input", "planCode"], None)),
    ],
)
def test_a_change_that_is_refused(
    till: Till, token: str | None, plan: str, wanted: tuple[str, list[str] | None, int | None]
) -> None:
    person = till.new_person()
    if token is not None:
        till.checkout(person, token)
    before = subscription(till, person)
    payload = till.payload(CHANGE, {"planCode": plan, "idempotencyKey": "k"}, viewer=person)
    assert refusal(payload) == wanted
    assert (payload["subscription"], payload["previousPlan"]) == (None, None)
    assert subscription(till, person) == before


def test_a_key_is_shared_by_all_mutations_and_belongs_to_one_person(till: Till) -> None:
    person, order = till.new_person(), paying()
    till.payload(CHECKOUT, order, viewer=person)
    key = order["idempotencyKey"]
    start = """mutation ($input: StartConversationInput!) { startConversation(input: $input) {
      userErrors { code message field retryAfterSeconds } } }"""
    for document, input_ in (
        (CHECKOUT, order | {"planCode": "premium-unlimited"}),
        (RETRY, order),
        (CHANGE, {"planCode": "premium-unlimited", "idempotencyKey": key}),
        (start, {"idempotencyKey": key}),
    ):
        payload = till.payload(document, input_, viewer=person)
        wanted = ("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"], None)
        assert refusal(payload) == wanted
    assert till.payload(CHECKOUT, order, viewer=till.new_person())["userErrors"] == []


MUTATIONS = [
    pytest.param(CHECKOUT, paying(), id="checkout"),
    pytest.param(RETRY, paying(), id="retryPayment"),
    pytest.param(CHANGE, {"planCode": "basic-entry", "idempotencyKey": "key"}, id="changePlan"),
]


@pytest.mark.parametrize(("document", "input_"), MUTATIONS)
def test_nobody_and_the_unknown_pay_nothing(
    till: Till, document: str, input_: dict[str, str]
) -> None:
    key = issue_key(till.database_url, GRACES_COMPANY)
    for caller in ({}, {"api_key": key}, {"viewer": 987_654}):
        code, _ = till.api.error(document, {"input": input_}, **caller)
        assert code == "UNAUTHENTICATED"


def test_a_payment_is_nobodys_to_read_but_in_the_answer_to_it(till: Till) -> None:
    person = till.new_person()
    id_ = till.checkout(person)["payment"]["id"]
    for viewer in (person, ADA):
        node = till.api.data(
            "query ($id: ID!) { node(id: $id) { id } }", {"id": id_}, viewer=viewer
        )
        assert node == {"node": None}


def test_the_audit_trail_says_who_did_what_in_which_request_and_nobody_reads_it(
    till: Till, api: Api
) -> None:
    person = till.new_person()
    request = {"query": CHECKOUT, "variables": {"input": paying()}}
    answer = till.api.http.post(
        "/graphql",
        json=request,
        headers={
            "authorization": f"Bearer {token_of(person)}",
            "x-request-id": "the-request-of-this-test",
        },
    )
    assert answer.json()["data"]["checkout"]["userErrors"] == []
    ((subscription_id,),) = till.rows(
        "SELECT id FROM user_subscriptions WHERE user_id = $1", person
    )
    rows = till.rows(
        "SELECT action, subject, actor_kind, actor_id, request_id, occurred_at FROM audit_events "
        "WHERE user_id = $1 ORDER BY id",
        person,
    )
    subject, of_request = f"subscription:{subscription_id}", "the-request-of-this-test"
    assert rows == [
        (action, subject, "user", person, of_request, NOW)
        for action in ("payment.begun", "payment.succeeded")
    ]
    names = api.data("{ __schema { types { name fields { name } } } }")["__schema"]["types"]
    assert not [name for name in names if re.search("audit", str(name), re.IGNORECASE)]
    ((event_id,),) = till.rows("SELECT max(id) FROM audit_events WHERE user_id = $1", person)
    for type_name in ("AuditEvent", "Audit"):
        node = till.api.data(
            "query ($id: ID!) { node(id: $id) { id } }",
            {"id": global_id(type_name, event_id)},
            viewer=person,
            roles=("ops",),
        )
        assert node == {"node": None}
