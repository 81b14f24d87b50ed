"""Payments that begin, renew and fail to begin a subscription."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from clients.payments.records import Charge, ChargeResult, Owner, OwnerKind
from services.billing.rules.payments import InvalidPlan, SubscriptionAlreadyActive
from services.callers.people import PersonUnknown
from services.mutations.refusals import Conflict, InvalidInput, Refusal
from tests.captured_logs import capture_logs
from tests.fixtures.stores.postgres import new_database, run
from tests.fixtures.stores.world import ADA, ALAN, GRACE, MARY, NOW
from tests.services.billing.billing_instances import (
    BASIC,
    DECLINED,
    NOT_MADE,
    PREMIUM,
    PROCESSING,
    REFUSAL,
    SILENCE,
    TOKEN,
    Instance,
    instance,
    play,
)

OPEN_TRANSACTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
"""


def by_alan(action: str, subscription: int, details: str) -> tuple[Any, ...]:
    """An event of the audit trail."""
    return action, f"subscription:{subscription}", "user", ALAN, ALAN, "request", NOW, details


REFUSED: list[tuple[str, type[Exception], dict[str, Any], str | None, int | None]] = [
    ("no such plan", InvalidPlan, {"plan_code": "golden"}, "planCode", None),
    ("no plan at all", InvalidPlan, {"plan_code": ""}, "planCode", None),
    ("a plan with a zero", InvalidPlan, {"plan_code": "a\0b"}, "planCode", None),
    ("not on sale", InvalidPlan, {"plan_code": "former"}, "planCode", None),
    (
        "no token",
        InvalidInput,
        {"payment_method_token": ""},
        "paymentMethodToken",
        None,
    ),
    ("no key", InvalidInput, {"idempotency_key": ""}, "idempotencyKey", None),
    ("a long key", InvalidInput, {"idempotency_key": "k" * 256}, "idempotencyKey", None),
    ("a key with a zero", InvalidInput, {"idempotency_key": "k\0"}, "idempotencyKey", None),
    ("active", SubscriptionAlreadyActive, {"user_id": ADA}, None, None),
    ("pending", Conflict, {"user_id": GRACE}, None, 2),
    ("unknown", PersonUnknown, {"user_id": 987_654}, None, None),
]


@pytest.fixture(scope="module")
def refusing_world(postgres: str, world_template: str) -> Iterator[str]:
    """Where Grace's payment is under way, and a plan is not on sale any more."""
    with new_database(postgres, world_template) as url:
        asyncio.run(
            run(
                url,
                "UPDATE user_subscriptions SET status = 'pending' WHERE user_id = 2",
                "INSERT INTO billing_plans VALUES ('former', 'Former', 1, 'EUR', 1, false)",
            )
        )
        yield url


def test_a_payment_begins_a_subscription(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        during: list[Any] = []

        async def look(_charge: Charge) -> None:
            ((open_transactions,),) = await parts.rows(OPEN_TRANSACTIONS)
            during.append((await parts.subscription(), open_transactions))

        parts.provider.meanwhile = look
        payment = await parts.checkout()
        assert (payment["status"], payment["failure_reason"]) == ("succeeded", None)
        assert during == [(("pending", BASIC, None), 0)]
        assert await parts.subscription() == ("active", BASIC, None)
        row = await parts.payment(payment["id"])
        assert parts.provider.charged == [
            Charge(
                payment["id"],
                500,
                "EUR",
                TOKEN,
                row["provider_key"],
                owner=Owner(OwnerKind.PERSON, ALAN),
                customer=f"customer of person:{ALAN}",
                allows_action=True,
            )
        ]
        assert (row["payment_method_token"], row["asked_until"]) == (None, None)
        ((began, id_),) = await parts.rows(
            "SELECT started_at, id FROM user_subscriptions WHERE user_id = $1", ALAN
        )
        assert began == NOW
        assert await parts.audit() == [
            by_alan("payment.begun", id_, f'{{"plan": "{BASIC}", "payment": {payment["id"]}}}'),
            by_alan("payment.succeeded", id_, f'{{"plan": "{BASIC}", "payment": {payment["id"]}}}'),
        ]
        assert parts.invalidated == [(ALAN, "pending"), (ALAN, "active")]

    play(own_world, scenario)


def test_a_declined_payment_can_be_retried_with_another_plan(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(DECLINED)
        payment = await parts.checkout()
        assert (payment["status"], payment["failure_reason"]) == ("failed", "card_declined")
        assert await parts.subscription() == ("failed", BASIC, "card_declined")
        again = await parts.retry("other", plan_code=PREMIUM)
        assert again["status"] == "succeeded"
        assert await parts.subscription() == ("active", PREMIUM, None)
        assert [charge.amount_cents for charge in parts.provider.charged] == [500, 2_000]
        (ids,) = await parts.rows("SELECT id FROM user_subscriptions WHERE user_id = $1", ALAN)
        assert [event[0] for event in await parts.audit()] == [
            "payment.begun",
            "payment.failed",
            "payment.begun",
            "payment.succeeded",
        ]
        assert (await parts.audit())[1] == by_alan(
            "payment.failed",
            ids["id"],
            f'{{"plan": "{BASIC}", "reason": "card_declined", "payment": {payment["id"]}}}',
        )
        assert [status for _, status in parts.invalidated] == [
            "pending",
            "failed",
            "pending",
            "active",
        ]

    play(own_world, scenario)


@pytest.mark.parametrize("user", [ALAN, MARY])
def test_a_payment_is_retried_from_inactive_and_from_failed(own_world: str, user: int) -> None:
    async def scenario(parts: Instance) -> None:
        assert (await parts.retry(user_id=user))["status"] == "succeeded"
        assert await parts.subscription(user) == ("active", BASIC, None)

    play(own_world, scenario)


def test_a_lapsed_subscription_is_paid_again_and_keeps_its_beginning(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        await parts.checkout()
        await parts.rows(
            "UPDATE user_subscriptions SET status = 'inactive' WHERE user_id = $1", ALAN
        )
        async with instance(own_world, clock=lambda: NOW + timedelta(days=31)) as later:
            await later.checkout("other")
        ((began, changed),) = await parts.rows(
            "SELECT started_at, updated_at FROM user_subscriptions WHERE user_id = $1", ALAN
        )
        assert began == NOW
        assert changed - timedelta(microseconds=1) == NOW + timedelta(days=31)

    play(own_world, scenario)


@pytest.mark.parametrize("answer", [SILENCE, REFUSAL, PROCESSING], ids=repr)
def test_without_an_answer_the_payment_remains_open(
    own_world: str, answer: ChargeResult | Exception
) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(answer)
        with capture_logs() as lines:
            payment = await parts.checkout()
        assert payment["status"] == "pending"
        assert await parts.subscription() == ("pending", BASIC, None)
        row = await parts.payment(payment["id"])
        assert (row["payment_method_token"], row["asked_until"]) == (TOKEN, None)
        assert [line["event"] for line in lines] == {
            SILENCE: ["a payment is open"],
            REFUSAL: ["the payment provider refuses our request"],
            PROCESSING: [],
        }[answer]
        assert not any(TOKEN in str(line) for line in lines)

    play(own_world, scenario)


def test_what_the_provider_never_heard_of_is_paid_again(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(NOT_MADE)
        payment = await parts.checkout()
        assert (payment["status"], payment["failure_reason"]) == ("failed", "not_charged")
        assert await parts.subscription() == ("failed", BASIC, "not_charged")
        assert (await parts.checkout("other"))["status"] == "succeeded"

    play(own_world, scenario)


@pytest.mark.parametrize("operation", ["checkout", "retry_payment"])
@pytest.mark.parametrize(
    ("refusal", "changes", "at", "seconds"),
    [one[1:] for one in REFUSED],
    ids=[one[0] for one in REFUSED],
)
def test_what_is_refused_changes_nothing(
    refusing_world: str,
    operation: str,
    refusal: type[Exception],
    changes: dict[str, Any],
    at: str | None,
    seconds: int | None,
) -> None:
    async def scenario(parts: Instance) -> None:
        before = await parts.everything()
        pay = parts.checkout if operation == "checkout" else parts.retry
        with pytest.raises(refusal) as raised:
            await pay(**{"key": "key"} | changes)
        if isinstance(raised.value, Refusal):
            assert (raised.value.field, raised.value.retry_after_seconds) == (at, seconds)
        assert await parts.everything() == before
        assert (parts.provider.charged, parts.invalidated) == ([], [])

    play(refusing_world, scenario)
