"""Paying: what is stored before, between and after, what is refused, and what a key gives again."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from clients.payments.records import Charge, ChargeResult
from clients.payments.sandbox import SLOW, SLOW_SECONDS, SandboxProvider
from clients.payments.webhook import WebhookReader
from services.billing.rules import InvalidPlan, SubscriptionAlreadyActive
from services.callers.people import PersonUnknown
from services.mutations.idempotency import IdempotencyKeyReused
from services.mutations.refusals import Conflict, InvalidInput, Refusal
from tests.captured_logs import capture_logs
from tests.fixtures.postgres import new_database, run
from tests.fixtures.world import ADA, ALAN, GRACE, MARY, NOW
from tests.services.billing.billing_instances import (
    BASIC,
    DECLINED,
    NOT_MADE,
    PREMIUM,
    PROCESSING,
    REFUSAL,
    SILENCE,
    SUCCEEDED,
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
            Charge(payment["id"], 500, "EUR", TOKEN, row["provider_key"])
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
def test_without_an_answer_the_payment_stays_open(
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


def test_what_was_refused_leaves_its_key_unused(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        with pytest.raises(InvalidPlan):
            await parts.checkout(plan_code="golden")
        assert (await parts.checkout(plan_code=BASIC))["status"] == "succeeded"

    play(own_world, scenario)


@pytest.mark.parametrize(
    ("answer", "status"),
    [(SUCCEEDED, "succeeded"), (DECLINED, "failed"), (PROCESSING, "pending")],
)
def test_the_same_key_gives_the_same_payment_and_charges_nothing(
    own_world: str, answer: ChargeResult, status: str
) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(answer)
        payment = await parts.checkout()
        before, told = await parts.everything(), list(parts.invalidated)
        assert await parts.checkout(request_id="later") == payment
        assert payment["status"] == status
        assert (await parts.everything(), parts.invalidated) == (before, told)
        assert len(parts.provider.charged) == 1

    play(own_world, scenario)


def test_a_failed_payment_is_still_what_its_key_gives_when_another_succeeded(
    own_world: str,
) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(DECLINED)
        failed = await parts.checkout("one")
        await parts.checkout("two")
        assert await parts.checkout("one") == failed
        assert await parts.subscription() == ("active", BASIC, None)

    play(own_world, scenario)


def test_a_key_stands_for_one_input_of_one_mutation_of_one_person(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        await parts.checkout()
        before = await parts.everything()
        for reuse in (
            parts.checkout(plan_code=PREMIUM),
            parts.checkout(payment_method_token="pm_other"),
            parts.checkout(plan_code="golden"),
            parts.retry(),
            parts.change(),
        ):
            with pytest.raises(IdempotencyKeyReused) as raised:
                await reuse
            assert raised.value.field == "idempotencyKey"
        assert await parts.everything() == before
        assert (await parts.checkout(user_id=MARY))["user_id"] == MARY
        assert len(parts.provider.charged) == 2

    play(own_world, scenario)


def test_a_key_that_was_used_so_long_ago_that_it_is_forgotten(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(DECLINED)
        await parts.checkout("paid")
        await parts.checkout("other")
        await parts.change("changed")
        await parts.rows("DELETE FROM idempotency_keys")
        before = await parts.everything()
        with pytest.raises(IdempotencyKeyReused) as raised:
            await parts.change("changed", plan_code=BASIC)
        assert raised.value.field == "idempotencyKey"
        assert await parts.everything() == before
        await parts.rows("UPDATE user_subscriptions SET status = 'failed' WHERE user_id = 3")
        before = await parts.everything()
        with pytest.raises(IdempotencyKeyReused):
            await parts.checkout("paid")
        assert await parts.everything() == before
        assert len(parts.provider.charged) == 2

    play(own_world, scenario)


def test_a_key_that_is_in_flight(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        refusals: list[Conflict] = []

        async def ask_again(_charge: Charge) -> None:
            async with instance(own_world) as other:
                for key in ("key", "other key"):
                    with pytest.raises(Conflict) as raised:
                        await other.checkout(key)
                    refusals.append(raised.value)
                assert other.provider.charged == []

        parts.provider.meanwhile = ask_again
        assert (await parts.checkout())["status"] == "succeeded"
        assert [(str(one), one.retry_after_seconds) for one in refusals] == [
            ("This payment is being made; ask again.", 1),
            ("A payment is under way; wait for its outcome.", 2),
        ]

    play(own_world, scenario)


def test_a_slow_card_keeps_others_waiting(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            with pytest.raises(Conflict):
                await parts.checkout(payment_method_token=SLOW)
            slept.append(seconds)

        sandbox = SandboxProvider(WebhookReader((), lambda: NOW), sleep)

        async def slowly(charge: Charge) -> None:
            await sandbox.charge(charge)

        parts.provider.meanwhile = slowly
        assert (await parts.checkout(payment_method_token=SLOW))["status"] == "succeeded"
        assert slept == [SLOW_SECONDS]

    play(own_world, scenario)


def test_a_key_whose_payment_is_only_being_found_out_about_is_not_in_flight(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        during: list[str] = []

        async def ask_again(_charge: Charge) -> None:
            during.append((await parts.checkout())["status"])

        parts.provider.will(SILENCE)
        await parts.checkout()
        await parts.make_overdue()
        parts.provider.meanwhile = ask_again
        assert await parts.charging.finish_overdue() == 1
        assert during == ["pending"]
        assert (await parts.checkout())["status"] == "succeeded"

    play(own_world, scenario)


@pytest.mark.parametrize("is_one_key", [True, False])
async def test_of_concurrent_checkouts_on_two_instances_one_charges(
    own_world: str, *, is_one_key: bool
) -> None:
    async with instance(own_world) as one, instance(own_world) as other:
        answers = await asyncio.gather(
            *(
                parts.checkout("key" if is_one_key else f"key {number}")
                for number, parts in enumerate((one, other) * 10)
            ),
            return_exceptions=True,
        )
        assert len(one.provider.charged + other.provider.charged) == 1
        paid = {answer["id"] for answer in answers if not isinstance(answer, BaseException)}
        assert len(paid) == 1
        refused = {type(answer) for answer in answers if isinstance(answer, BaseException)}
        assert refused <= {Conflict, SubscriptionAlreadyActive}
        assert len(await one.audit()) == 2
