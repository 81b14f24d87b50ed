"""The provider's events: each once, at any time, in any order, from one or many processes."""

import asyncio
from datetime import timedelta
from itertools import permutations, product

import pytest

from clients.payments.records import Charge, ChargeResult, ChargeState, PaymentEvent
from db.queries.privacy import erasure_steps
from db.row import Row
from services.billing.provider_events import EVENT_RETENTION, delete_old_events
from services.billing.rows import payment_from
from services.mutations.audit import SYSTEM
from tests.captured_logs import capture_logs
from tests.fixtures.stores.world import ALAN, NOW
from tests.services.billing.billing_instances import (
    BASIC,
    DECLINED,
    NOT_MADE,
    PREMIUM,
    PROCESSING,
    SILENCE,
    SUCCEEDED,
    Instance,
    instance,
    nothing,
    play,
)

LATE = ChargeResult(ChargeState.SUCCEEDED, "pi_late")
NEWS = {"ok": SUCCEEDED, "no": DECLINED, "later": PROCESSING}
TAKEN = "SELECT id, payment_attempt_id, occurred_at, received_at FROM billing_webhook_events"


async def erase_books(parts: Instance, user_id: int) -> None:
    """What an erasure does with the accounts of a person."""
    for step in erasure_steps.STEPS:
        if step.table in {"audit_events", "billing_payment_attempts", "user_subscriptions"}:
            async with parts.database.begin() as transaction:
                await erasure_steps.erase_batch(transaction, step, user_id)


async def open_payment(parts: Instance, key: str = "key") -> Row:
    """A payment of Alan's that nobody has heard of since it was begun."""
    parts.provider.will(SILENCE)
    return await parts.checkout(key)


def test_an_event_settles_an_open_payment(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        payment = await open_payment(parts)
        await parts.receive_event(payment["id"], SUCCEEDED)
        assert (await parts.checkout())["status"] == "succeeded"
        assert await parts.subscription() == ("active", BASIC, None)
        assert parts.invalidated == [(ALAN, "pending"), (ALAN, "active")]
        subject = f"subscription:{payment['subscription_id']}"
        details = f'{{"plan": "{BASIC}", "payment": {payment["id"]}}}'
        assert (await parts.audit())[1:] == [
            ("payment.succeeded", subject, "system", None, ALAN, "webhook", NOW, details)
        ]
        assert [tuple(row) for row in await parts.rows(TAKEN)] == [
            ("evt_1", payment["id"], NOW, NOW)
        ]

    play(own_world, scenario)


@pytest.mark.parametrize("order", list(permutations(NEWS)), ids="-".join)
def test_events_in_any_order_end_with_the_money_that_was_taken(
    own_world: str, order: tuple[str, ...]
) -> None:
    async def scenario(parts: Instance) -> None:
        payment = await open_payment(parts)
        for name in order:
            await parts.receive_event(payment["id"], NEWS[name], name)
            await parts.receive_event(payment["id"], NEWS[name], f"{name} again")
        assert (await parts.payment(payment["id"]))["status"] == "succeeded"
        assert await parts.subscription() == ("active", BASIC, None)
        outcomes = [event[0] for event in (await parts.audit())[1:]]
        failed_first = order.index("no") < order.index("ok")
        assert outcomes == ["payment.failed"] * failed_first + ["payment.succeeded"]

    play(own_world, scenario)


def test_an_event_before_and_after_our_own_answer(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        answers: list[ChargeResult | Exception] = [
            SUCCEEDED,
            DECLINED,
            SILENCE,
            PROCESSING,
            NOT_MADE,
        ]
        cases = product(answers, [SUCCEEDED, DECLINED], [True, False])
        for answer, news, is_before in cases:
            user = await parts.new_person()

            async def tell(charge: Charge, news: ChargeResult = news) -> None:
                await parts.receive_event(charge.payment_id, news, f"evt_{charge.payment_id}")

            parts.provider.meanwhile = tell if is_before else nothing
            parts.provider.will(answer)
            payment = await parts.checkout(user_id=user)
            if not is_before:
                await parts.receive_event(payment["id"], news, f"evt_{payment['id']}")
            row, subscription = await parts.payment(payment["id"]), await parts.subscription(user)
            assert row["payment_method_token"] is None
            assert subscription is not None
            is_paid = SUCCEEDED in {answer, news}
            wanted = ("succeeded", "active") if is_paid else ("failed", "failed")
            assert (row["status"], subscription[0]) == wanted, (answer, news, is_before)

    play(own_world, scenario)


async def test_an_event_is_applied_once_however_often_it_comes(own_world: str) -> None:
    async with instance(own_world) as one, instance(own_world) as other:
        payment = await open_payment(one)
        await asyncio.gather(
            *(parts.receive_event(payment["id"], SUCCEEDED) for parts in (one, other) * 8)
        )
        assert len(await one.audit()) == 2
        assert len(await one.rows(TAKEN)) == 1
        assert one.invalidated[1:] + other.invalidated == [(ALAN, "active")]


async def test_the_answer_the_worker_and_events_at_once_end_without_a_deadlock(
    own_world: str,
) -> None:
    async with instance(own_world) as one, instance(own_world) as other:
        for turn in range(10):
            payment = await open_payment(one, f"key {turn}")
            await one.make_overdue()
            for parts in (one, other):
                parts.provider.will(DECLINED, DECLINED)
            await asyncio.gather(
                *(
                    one.receive_event(payment["id"], DECLINED, f"evt_{turn}_{number}")
                    for number in range(4)
                ),
                *(
                    other.receive_event(payment["id"], DECLINED, f"evt_{turn}_{number}")
                    for number in range(4)
                ),
                one.charging.charge(payment_from(payment), SYSTEM),
                other.charging.finish_overdue(),
            )
            for parts in (one, other):
                parts.provider.answers.clear()
        assert len(await one.audit()) == 20
        assert await one.subscription() == ("failed", BASIC, "card_declined")


def test_events_that_concern_no_payment_of_ours(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        payment = await open_payment(parts)
        before, invalidated = await parts.everything(), list(parts.invalidated)
        for event in (
            PaymentEvent("another kind", NOW),
            PaymentEvent("no such number", NOW, 987_654, payment["provider_key"], SUCCEEDED),
            PaymentEvent("another deployment", NOW, payment["id"], "their key", SUCCEEDED),
        ):
            await parts.events.handle(event, request_id="webhook")
        assert {tuple(row)[:2] for row in await parts.rows(TAKEN)} == {
            ("another kind", None),
            ("no such number", None),
            ("another deployment", None),
        }
        await parts.rows("DELETE FROM billing_webhook_events")
        assert (await parts.everything(), parts.invalidated) == (before, invalidated)

    play(own_world, scenario)


def test_who_paid_twice_is_given_it_back(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        given_up = await open_payment(parts, "one")
        await parts.receive_event(given_up["id"], NOT_MADE, "evt_1")
        await parts.checkout("two", plan_code=PREMIUM)
        before = await parts.subscription()
        with capture_logs() as lines:
            await parts.receive_event(given_up["id"], LATE, "evt_2")
        assert [(line["log_level"], line["event"], line["payment"]) for line in lines] == [
            ("warning", "money was taken for nothing, and is given back", given_up["id"])
        ]
        assert (await parts.audit())[-1][:5] == (
            "payment.superfluous",
            f"subscription:{given_up['subscription_id']}",
            "system",
            None,
            ALAN,
        )
        assert await parts.subscription() == before == ("active", PREMIUM, None)
        assert (await parts.payment(given_up["id"]))["status"] == "succeeded"
        assert await parts.charging.finish_overdue() == 1
        (refund,) = parts.provider.refunded
        assert (refund.charge_reference, refund.amount_cents) == ("pi_late", 500)
        assert [event[0] for event in await parts.audit()][-1] == "refund.succeeded"
        assert await parts.charging.finish_overdue() == 0

    play(own_world, scenario)


def test_events_are_deleted_once_they_are_not_sent_again(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        payment = await open_payment(parts)
        await parts.receive_event(payment["id"], SUCCEEDED, "evt_1")
        for passed, left in ((EVENT_RETENTION, 1), (EVENT_RETENTION + timedelta(seconds=1), 0)):
            async with parts.database.read_primary() as connection:
                await delete_old_events(connection, NOW + passed)
            assert len(await parts.rows("SELECT FROM billing_webhook_events")) == left
        before = await parts.subscription()
        await parts.receive_event(payment["id"], SUCCEEDED, "evt_1")
        assert await parts.subscription() == before == ("active", BASIC, None)

    play(own_world, scenario)


def test_a_late_success_counts_while_the_next_payment_is_open(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        first = await open_payment(parts, "one")
        await parts.receive_event(first["id"], DECLINED, "evt_1")
        second = await open_payment(parts, "two")
        await parts.receive_event(first["id"], SUCCEEDED, "evt_2")
        assert await parts.subscription() == ("active", BASIC, None)
        await parts.receive_event(second["id"], DECLINED, "evt_3")
        assert await parts.subscription() == ("active", BASIC, None)

    play(own_world, scenario)


TAKEN_MONEY = ChargeResult(ChargeState.SUCCEEDED, "pi_taken")


@pytest.mark.parametrize("by_event", [True, False])
def test_the_payment_of_a_person_who_was_erased(own_world: str, *, by_event: bool) -> None:
    async def scenario(parts: Instance) -> None:
        payment = await open_payment(parts)
        await parts.rows("DELETE FROM idempotency_keys")
        await erase_books(parts, ALAN)
        await parts.rows("DELETE FROM billing_customers")
        await parts.rows("DELETE FROM users WHERE id = $1", ALAN)
        invalidated = list(parts.invalidated)
        with capture_logs() as lines:
            if by_event:
                key = payment["provider_key"]
                for _ in range(2):
                    event = PaymentEvent("evt_1", NOW, payment["id"], key, TAKEN_MONEY)
                    await parts.events.handle(event, request_id="webhook")
            else:
                parts.provider.will(TAKEN_MONEY)
                await parts.rows(
                    "UPDATE archived_payment_attempts SET next_check_at = '-infinity', "
                    "asked_until = '-infinity'"
                )
            # The payment, unless the event has settled it, and what is to be given back.
            assert await parts.charging.finish_overdue() == 1 + (not by_event)
            assert await parts.charging.finish_overdue() == 0
        said = [line["event"] for line in lines]
        assert said == ["money was taken for nothing, and is given back"]
        kept = await parts.rows(
            "SELECT payment.kind, payment.status, subscription.status "
            "FROM archived_payment_attempts AS payment JOIN archived_subscriptions AS subscription "
            "ON subscription.id = subscription_id ORDER BY payment.id"
        )
        assert [tuple(row) for row in kept] == [
            ("checkout", "succeeded", "inactive"),
            ("refund", "succeeded", "inactive"),
        ]
        assert [(one.charge_reference, one.amount_cents) for one in parts.provider.refunded] == [
            ("pi_taken", 500)
        ]
        subject = f"subscription:{payment['subscription_id']}"
        assert [event[:5] for event in (await parts.audit())[-2:]] == [
            ("payment.superfluous", subject, "system", None, None),
            ("refund.succeeded", subject, "system", None, None),
        ]
        assert parts.invalidated == invalidated

    play(own_world, scenario)
