"""Subscriptions over HTTP: cancelled, resumed, previewed, followed; cards, and links elsewhere."""

from typing import Any

import httpx2
import orjson
import pytest

from tests.fixtures.servers.billing import CHECKOUT, Till, paying
from tests.fixtures.servers.server import issue_key
from tests.fixtures.stores.world import GRACES_COMPANY
from tests.waiting import until

STATE = "status plan { code } nextPlan { code } cancelAtPeriodEnd currentPeriodEnd"
ERRORS = "userErrors { code message field retryAfterSeconds }"
PERIOD_END = "2026-03-20T09:30:00Z"
PREVIEW = """query ($plan: String!) { viewer { planChangePreview(planCode: $plan) {
  preview { plan { code } effectiveAt amountDueCents currency
    lines { kind description quantity amountCents periodStart periodEnd } }
  userErrors { code field } } } }"""
PAYMENT = "payment { status clientSecret failureReason }"


def mutation(name: str, input_type: str, fields: str) -> str:
    return f"mutation ($input: {input_type}!) {{ {name}(input: $input) {{ {fields} {ERRORS} }} }}"


CANCEL = mutation("cancelSubscription", "CancelSubscriptionInput", f"subscription {{ {STATE} }}")
RESUME = mutation("resumeSubscription", "ResumeSubscriptionInput", f"subscription {{ {STATE} }}")
GIVE_CARD = mutation(
    "updatePaymentMethod", "UpdatePaymentMethodInput", f"subscription {{ {STATE} }} {PAYMENT}"
)
CHANGE = mutation("changePlan", "ChangePlanInput", f"subscription {{ {STATE} }} {PAYMENT}")
PORTAL = mutation("createBillingPortalSession", "BillingPortalInput", "url")


def key(name: str) -> dict[str, Any]:
    return {"idempotencyKey": name}


# Any: a payload is JSON.
def code(payload: dict[str, Any]) -> tuple[str, list[str] | None]:
    (error,) = payload["userErrors"]
    return error["code"], error["field"]


def test_it_is_cancelled_with_its_period_and_resumed(till: Till) -> None:
    person = till.new_person()
    till.checkout(person)
    for document, name, cancelled in ((CANCEL, "one", True), (RESUME, "two", False)):
        for _ in range(2):
            payload = till.payload(document, key(name), viewer=person)
            assert payload == {
                "subscription": {
                    "status": "ACTIVE",
                    "plan": {"code": "basic-entry"},
                    "nextPlan": None,
                    "cancelAtPeriodEnd": cancelled,
                    "currentPeriodEnd": PERIOD_END,
                },
                "userErrors": [],
            }
    ended = till.payload(CANCEL, key("three") | {"atPeriodEnd": False}, viewer=person)
    assert (ended["subscription"]["status"], ended["userErrors"]) == ("INACTIVE", [])
    assert code(till.payload(RESUME, key("four"), viewer=person)) == (
        "NO_ACTIVE_SUBSCRIPTION",
        None,
    )


def test_a_preview_says_to_the_cent_what_a_change_charges(till: Till) -> None:
    person = till.new_person()
    till.checkout(person)
    shown = till.api.data(PREVIEW, {"plan": "premium-unlimited"}, viewer=person)
    payload = shown["viewer"]["planChangePreview"]
    line = {"quantity": 1, "periodStart": "2026-02-20T09:30:00Z", "periodEnd": PERIOD_END}
    assert payload == {
        "preview": {
            "plan": {"code": "premium-unlimited"},
            "effectiveAt": "2026-02-20T09:30:00Z",
            "amountDueCents": 1_500,
            "currency": "EUR",
            "lines": [
                {"kind": "PRORATION", "description": "Premium", "amountCents": 2_000} | line,
                {"kind": "CREDIT", "description": "Basic", "amountCents": -500} | line,
            ],
        },
        "userErrors": [],
    }
    order = {"planCode": "premium-unlimited", "expectedAmountDueCents": 1_499}
    refused = till.payload(CHANGE, order | key("one"), viewer=person)
    assert code(refused) == ("AMOUNT_CHANGED", ["input", "expectedAmountDueCents"])
    order["expectedAmountDueCents"] = 1_500
    changed = till.payload(CHANGE, order | key("two"), viewer=person)
    assert changed["payment"] == {
        "status": "SUCCEEDED",
        "clientSecret": None,
        "failureReason": None,
    }
    assert changed["subscription"]["plan"] == {"code": "premium-unlimited"}
    same = till.api.data(PREVIEW, {"plan": "premium-unlimited"}, viewer=person)
    assert same["viewer"]["planChangePreview"] == {
        "preview": None,
        "userErrors": [{"code": "ALREADY_ON_PLAN", "field": ["planCode"]}],
    }
    back = till.payload(CHANGE, {"planCode": "basic-entry"} | key("three"), viewer=person)
    assert (back["payment"], back["subscription"]["nextPlan"]) == (None, {"code": "basic-entry"})


def test_a_payment_that_the_bank_asks_about_waits_for_the_person(till: Till) -> None:
    person = till.new_person()
    document = CHECKOUT.replace("payment { id", "payment { clientSecret id")
    payload = till.payload(document, paying("pm_card_authentication"), viewer=person)
    assert payload["payment"]["status"] == "REQUIRES_ACTION"
    assert payload["payment"]["clientSecret"]
    assert (payload["subscription"]["status"], payload["userErrors"]) == ("PENDING", [])
    # Another card is given instead: the first payment is given up.
    assert till.checkout(person)["subscription"]["status"] == "ACTIVE"
    statuses = till.rows(
        "SELECT status, client_secret FROM billing_payment_attempts WHERE user_id = $1 ORDER BY id",
        person,
    )
    assert statuses == [("failed", None), ("succeeded", None)]


def test_a_card_is_given_while_nothing_is_due(till: Till) -> None:
    person = till.new_person()
    order = {"paymentMethodToken": "pm_card_ok"} | key("one")
    assert code(till.payload(GIVE_CARD, order, viewer=person)) == ("NO_ACTIVE_SUBSCRIPTION", None)
    till.checkout(person)
    given = till.payload(GIVE_CARD, order, viewer=person)
    assert (given["payment"]["status"], given["userErrors"]) == ("SUCCEEDED", [])
    wrong = {"paymentMethodToken": "pm_card_invented"} | key("two")
    refused = till.payload(GIVE_CARD, wrong, viewer=person)
    assert code(refused) == ("PAYMENT_DECLINED", ["input", "paymentMethodToken"])
    assert refused["subscription"]["status"] == "ACTIVE"


@pytest.mark.parametrize("url", ["https://example.com/account?a=1#b", "http://localhost:5173/"])
def test_a_link_to_the_provider_is_new_each_time(till: Till, url: str) -> None:
    person = till.new_person()
    payload = till.payload(PORTAL, {"returnUrl": url}, viewer=person)
    assert payload["userErrors"] == []
    assert payload["url"].startswith("https://sandbox.invalid/portal/")


@pytest.mark.parametrize(
    "url",
    [
        *("", "javascript:alert(1)", "http://example.com/", "https://", "//example.com"),
        *("https://a@example.com/", "https://example.com/ b", "https://exämple.com/"),
        *("https://example.com\\@evil.example", "ftp://example.com", "https://[", "x" * 2_001),
    ],
)
def test_a_link_leads_back_to_no_other_address(till: Till, url: str) -> None:
    payload = till.payload(PORTAL, {"returnUrl": url}, viewer=till.new_person())
    assert (payload["url"], code(payload)) == (None, ("INVALID_INPUT", ["input", "returnUrl"]))


MUTATIONS = [
    pytest.param(CANCEL, key("key"), id="cancelSubscription"),
    pytest.param(RESUME, key("key"), id="resumeSubscription"),
    pytest.param(
        GIVE_CARD, {"paymentMethodToken": "pm_card_ok"} | key("key"), id="updatePaymentMethod"
    ),
    pytest.param(PORTAL, {"returnUrl": "https://example.com/"}, id="createBillingPortalSession"),
]


@pytest.mark.parametrize(("document", "input_"), MUTATIONS)
def test_strangers_change_nothing(till: Till, document: str, input_: dict[str, Any]) -> None:
    person = till.new_person()
    till.checkout(person)
    before = till.rows("SELECT * FROM user_subscriptions WHERE user_id = $1", person)
    api_key = issue_key(till.database_url, GRACES_COMPANY)
    for caller in ({}, {"api_key": api_key}, {"viewer": 987_654}):
        refused, _ = till.api.error(document, {"input": input_}, **caller)
        assert refused == "UNAUTHENTICATED"
    till.payload(document, input_, viewer=till.new_person())
    assert till.rows("SELECT * FROM user_subscriptions WHERE user_id = $1", person) == before


FOLLOW = "subscription { subscriptionChanged { status plan { code } cancelAtPeriodEnd } }"


def test_a_subscription_is_followed_through_its_changes(till: Till) -> None:
    person, stranger = till.new_person(), till.new_person()
    headers = {"accept": "text/event-stream"} | till.api.credentials(person)
    with till.api.http.stream(
        "POST", "/graphql", json={"query": FOLLOW}, headers=headers
    ) as answer:
        lines = answer.iter_lines()
        assert followed(lines) == {"status": "INACTIVE", "plan": None, "cancelAtPeriodEnd": False}
        till.checkout(stranger)
        till.checkout(person)
        seen = [followed(lines)]
        while seen[-1]["status"] != "ACTIVE":
            seen.append(followed(lines))
        assert {one["status"] for one in seen[:-1]} <= {"PENDING"}
        till.payload(CANCEL, key("one"), viewer=person)
        assert followed(lines)["cancelAtPeriodEnd"] is True
        # Somebody else changes it, in another process.
        till.rows("UPDATE user_subscriptions SET status = 'failed' WHERE user_id = $1", person)
        assert followed(lines)["status"] == "FAILED"


def followed(lines: Any) -> dict[str, Any]:
    """The next event in the lines of a stream."""
    for line in lines:
        if line.startswith("data: "):
            event: dict[str, Any] = orjson.loads(line.removeprefix("data: "))
            changed: dict[str, Any] = event["data"]["subscriptionChanged"]
            return changed
    raise AssertionError("the stream has ended")


def test_nobody_is_followed_without_a_token(till: Till) -> None:
    answer: httpx2.Response = till.api.http.post(
        "/graphql", json={"query": FOLLOW}, headers={"accept": "text/event-stream"}
    )
    assert "UNAUTHENTICATED" in answer.text


def test_a_renewal_is_done_by_the_worker_of_the_server(till: Till) -> None:
    person = till.new_person()
    till.checkout(person)
    till.rows(
        "UPDATE user_subscriptions SET due_at = '2026-02-20', current_period_end = '2026-02-20', "
        "current_period_start = '2026-01-20', period_anchor_at = '2026-01-20' WHERE user_id = $1",
        person,
    )
    renewals = (
        "SELECT status, amount_cents FROM billing_payment_attempts "
        "WHERE user_id = $1 AND kind = 'renewal'"
    )
    until(lambda: till.rows(renewals, person) == [("succeeded", 500)])
