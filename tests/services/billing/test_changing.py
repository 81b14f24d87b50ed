"""Moving to another plan: at once against the exact difference, or at the end of the period."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clients.payments.records import ChargeResult, ChargeState
from services.billing.rules.payments import (
    AlreadyOnPlan,
    AmountChanged,
    InvalidPlan,
    NoActiveSubscription,
)
from services.billing.subscriptions.previews import preview_of
from services.callers.people import PersonUnknown
from services.mutations.idempotency import IdempotencyKeyReused
from services.mutations.refusals import Conflict, InvalidInput, Refusal
from tests.fixtures.stores.world import ADA, ALAN, GRACE, MARY, NOW
from tests.services.billing.billing_instances import (
    BASIC,
    DECLINED,
    METHOD,
    PREMIUM,
    SILENCE,
    Instance,
    instance,
    play,
)

CHANGES = """
SELECT user_id, subscription_id, from_plan_code, to_plan_code, from_price_cents, to_price_cents,
  changed_at FROM billing_plan_changes ORDER BY id
"""
GRACES_PERIOD = (
    datetime(2026, 2, 16, 9, 30, tzinfo=UTC),
    datetime(2026, 3, 16, 9, 30, tzinfo=UTC),
)
"""She began on January 16 of the year before: four of 28 days are over."""
DUE_CENTS = 1_286
"""4 days of 5.00 and 24 of 20.00 come to 17.857, less 5.00."""


async def give_card(parts: Instance) -> None:
    await parts.rows(
        "INSERT INTO billing_customers (user_id, customer, payment_method) VALUES ($1, 'cus', $2)",
        GRACE,
        METHOD,
    )


def test_more_is_paid_at_once_and_less_follows_later(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        await give_card(parts)
        changed = await parts.begin_change("one", user_id=GRACE)
        assert changed.previous.code == BASIC
        assert changed.payment is not None
        assert (changed.payment["status"], changed.payment["kind"]) == ("succeeded", "proration")
        (charge,) = parts.provider.charged
        assert (charge.amount_cents, charge.payment_method_token) == (DUE_CENTS, METHOD)
        assert (charge.customer, charge.is_off_session) == ("cus", False)
        assert await parts.subscription(GRACE) == ("active", PREMIUM, None)

        assert (await parts.begin_change("two", user_id=GRACE, plan_code=BASIC)).payment is None
        state = await parts.state(GRACE)
        assert (state.plan and state.plan.code, state.next_plan and state.next_plan.code) == (
            PREMIUM,
            BASIC,
        )
        assert (state.current_period_start, state.current_period_end) == GRACES_PERIOD

        await parts.begin_change("three", user_id=GRACE)
        assert (await parts.state(GRACE)).next_plan is None
        assert len(parts.provider.charged) == 1
        assert [tuple(row) for row in await parts.rows(CHANGES)] == [
            (GRACE, 3, BASIC, PREMIUM, 500, 2_000, NOW)
        ]
        assert [event[0] for event in await parts.audit()] == [
            "payment.begun",
            "payment.succeeded",
            "plan.scheduled",
            "plan.scheduled",
        ]
        assert parts.invalidated == [(GRACE, "active")] * 4

    play(own_world, scenario)


def test_what_the_preview_says_is_what_is_charged(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        await give_card(parts)
        shown = preview_of(await parts.plan_changes.preview(GRACE, PREMIUM))
        assert (shown.amount_due_cents, shown.effective_at) == (DUE_CENTS, NOW)
        assert [(line.kind, line.amount_cents) for line in shown.lines] == [
            ("proration", 1_715),
            ("credit", -429),
        ]
        before = await parts.everything()
        with pytest.raises(AmountChanged) as raised:
            await parts.change(user_id=GRACE, expected_amount_due_cents=DUE_CENTS - 1)
        assert raised.value.field == "expectedAmountDueCents"
        assert await parts.everything() == before
        await parts.change(user_id=GRACE, expected_amount_due_cents=DUE_CENTS)
        assert parts.provider.charged[0].amount_cents == DUE_CENTS
        later = preview_of(await parts.plan_changes.preview(GRACE, BASIC))
        assert (later.amount_due_cents, later.effective_at, later.lines) == (
            0,
            GRACES_PERIOD[1],
            (),
        )

    play(own_world, scenario)


def test_nothing_changes_that_is_not_paid(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        without_card = await parts.begin_change("none", user_id=GRACE)
        assert without_card.payment is not None
        assert without_card.payment["failure_reason"] == "no_payment_method"
        assert parts.provider.charged == []
        await give_card(parts)
        parts.provider.will(DECLINED)
        declined = await parts.begin_change("one", user_id=GRACE)
        assert declined.payment is not None
        assert declined.payment["status"] == "failed"
        assert await parts.subscription(GRACE) == ("active", BASIC, None)
        parts.provider.will(SILENCE)
        await parts.begin_change("two", user_id=GRACE)
        assert await parts.subscription(GRACE) == ("active", BASIC, None)
        with pytest.raises(Conflict):
            await parts.change("three", user_id=GRACE)
        await parts.make_overdue()
        await parts.charging.finish_overdue()
        assert await parts.subscription(GRACE) == ("active", PREMIUM, None)

    play(own_world, scenario)


def test_a_change_that_the_bank_asks_about(own_world: str) -> None:
    """It waits for the person; whoever wants something else gives it up."""
    asked = ChargeResult(ChargeState.REQUIRES_ACTION, "pi_1", client_secret="pi_1_secret")

    async def scenario(parts: Instance) -> None:
        await give_card(parts)
        parts.provider.will(asked)
        changed = await parts.begin_change("one", user_id=GRACE)
        assert changed.payment is not None
        assert (changed.payment["status"], changed.payment["client_secret"]) == (
            "requires_action",
            "pi_1_secret",
        )
        assert await parts.subscription(GRACE) == ("active", BASIC, None)
        assert (await parts.begin_change("one", user_id=GRACE)).payment == changed.payment
        confirmed = ChargeResult(ChargeState.SUCCEEDED, "pi_1")
        await parts.receive_event(changed.payment["id"], confirmed)
        assert await parts.subscription(GRACE) == ("active", PREMIUM, None)
        row = await parts.payment(changed.payment["id"])
        assert (row["status"], row["client_secret"]) == ("succeeded", None)

    play(own_world, scenario)


def test_a_change_that_is_given_up_for_another(own_world: str) -> None:
    asked = ChargeResult(ChargeState.REQUIRES_ACTION, "pi_1", client_secret="pi_1_secret")

    async def scenario(parts: Instance) -> None:
        await give_card(parts)
        parts.provider.will(asked, ChargeResult(ChargeState.NOT_MADE, "pi_1"))
        first = await parts.begin_change("one", user_id=GRACE)
        second = await parts.begin_change("two", user_id=GRACE)
        assert first.payment is not None
        assert second.payment is not None
        assert (await parts.payment(first.payment["id"]))["status"] == "failed"
        assert second.payment["status"] == "succeeded"
        late = ChargeResult(ChargeState.SUCCEEDED, "pi_1")
        await parts.receive_event(first.payment["id"], late)
        await parts.charging.finish_overdue()
        assert [refund.charge_reference for refund in parts.provider.refunded] == ["pi_1"]

    play(own_world, scenario)


def test_the_same_key_gives_the_same_plan_and_changes_nothing(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        await give_card(parts)
        previous = await parts.change(user_id=GRACE)
        await parts.change("back", user_id=GRACE, plan_code=BASIC)
        before = await parts.everything()
        assert await parts.change(user_id=GRACE) == previous
        for others in ({"plan_code": BASIC}, {"expected_amount_due_cents": DUE_CENTS}):
            with pytest.raises(IdempotencyKeyReused):
                await parts.change(user_id=GRACE, **others)
        assert await parts.everything() == before
        assert len(parts.provider.charged) == 1

    play(own_world, scenario)


@pytest.mark.parametrize(
    ("refusal", "changes", "at"),
    [
        (NoActiveSubscription, {"user_id": ALAN}, None),
        (NoActiveSubscription, {"user_id": MARY}, None),
        (AlreadyOnPlan, {"user_id": ADA}, "planCode"),
        (InvalidPlan, {"user_id": GRACE, "plan_code": "golden"}, "planCode"),
        (InvalidInput, {"user_id": GRACE, "idempotency_key": ""}, "idempotencyKey"),
        (PersonUnknown, {"user_id": 987_654}, None),
    ],
)
def test_what_is_refused_changes_nothing(
    world: str, refusal: type[Exception], changes: dict[str, Any], at: str | None
) -> None:
    async def scenario(parts: Instance) -> None:
        before = await parts.everything()
        with pytest.raises(refusal) as raised:
            await parts.change(**{"key": "key"} | changes)
        if isinstance(raised.value, Refusal):
            assert raised.value.field == at
        assert await parts.everything() == before
        assert parts.invalidated == []

    play(world, scenario)


def test_who_pays_does_not_move(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        await parts.rows("UPDATE user_subscriptions SET status = 'pending' WHERE user_id = 2")
        with pytest.raises(NoActiveSubscription):
            await parts.change(user_id=GRACE)

    play(own_world, scenario)


async def test_of_concurrent_changes_on_two_instances_one_changes(own_world: str) -> None:
    async with instance(own_world) as one, instance(own_world) as other:
        await give_card(one)
        answers = await asyncio.gather(
            *(
                parts.change(f"key {number}", user_id=GRACE)
                for number, parts in enumerate((one, other) * 5)
            ),
            return_exceptions=True,
        )
        names = {type(answer).__name__ for answer in answers}
        assert names <= {"AlreadyOnPlan", "Conflict", "Plan"}
        assert len(await one.rows(CHANGES)) == 1
        assert len(one.provider.charged + other.provider.charged) == 1


def test_another_currency_is_not_moved_to(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        await parts.rows("UPDATE billing_plans SET currency = 'USD' WHERE code = $1", PREMIUM)
        with pytest.raises(InvalidPlan) as raised:
            await parts.change(user_id=GRACE)
        assert raised.value.field == "planCode"

    play(own_world, scenario)


async def test_a_plan_that_was_planned_begins_with_its_period(own_world: str) -> None:
    now = NOW

    def clock() -> datetime:
        return now

    async with instance(own_world, clock=clock) as parts:
        await give_card(parts)
        await parts.change("up", user_id=GRACE)
        await parts.change("down", user_id=GRACE, plan_code=BASIC)
        now = GRACES_PERIOD[1] - timedelta(microseconds=1)
        await parts.renewals.run_due()
        assert await parts.subscription(GRACE) == ("active", PREMIUM, None)
        now = GRACES_PERIOD[1]
        await parts.renewals.run_due()
        assert await parts.subscription(GRACE) == ("active", BASIC, None)
        assert [charge.amount_cents for charge in parts.provider.charged] == [DUE_CENTS, 500]
        state = await parts.state(GRACE)
        assert (state.current_period_start, state.next_plan) == (GRACES_PERIOD[1], None)
