"""Renewals and dunning: each period is charged once, and failures are repeated until they end."""

import asyncio
from datetime import timedelta

import pytest

from clients.payments.records import Charge, ChargeResult, ChargeState
from db.states import SubscriptionStatus
from tests.fixtures.stores.world import ADA, ALAN, EDITH, GRACE, NOW
from tests.services.billing.billing_instances import (
    BASIC,
    DECLINED,
    METHOD,
    NOT_MADE,
    PREMIUM,
    SILENCE,
    Instance,
    instance,
    nothing,
)
from tests.services.billing.moved_clock import BEGAN, DAY, ENDS, MovedClock, paid_instance

WEEK = timedelta(days=7)
ASKED = ChargeResult(ChargeState.REQUIRES_ACTION, "pi_asked", client_secret="pi_asked_secret")
INVOICES = """
SELECT total_cents, period_start, period_end FROM user_invoices AS invoice
JOIN user_invoice_lines AS line ON line.user_id = invoice.user_id AND invoice_id = invoice.id
WHERE invoice.user_id = $1 ORDER BY invoice.id
"""


def charges_of_alan(parts: Instance) -> list[Charge]:
    return [one for one in parts.provider.charged if one.owner and one.owner.id == ALAN]


async def test_each_month_is_charged_once_to_the_stored_method(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        await parts.rows("UPDATE user_subscriptions SET due_at = NULL WHERE user_id <> $1", ALAN)
        ends = [ENDS, BEGAN.replace(month=3), BEGAN.replace(month=4, day=30)]
        for end in ends:
            clock.set(end - timedelta(microseconds=1))
            assert await parts.renewals.run_due() == 0
            clock.set(end)
            assert await parts.renewals.run_due() == 1
            assert await parts.renewals.run_due() == 0
        renewals = parts.provider.charged[1:]
        assert [
            (one.amount_cents, one.payment_method_token, one.is_off_session) for one in renewals
        ] == [(500, METHOD, True)] * 3
        assert len({one.idempotency_key for one in renewals}) == 3
        state = await parts.state()
        assert (state.current_period_start, state.current_period_end) == (
            ends[-1],
            BEGAN.replace(month=5),
        )
        invoices = [tuple(row) for row in await parts.rows(INVOICES, ALAN)]
        starts = [BEGAN, *ends]
        assert invoices == [
            (500, start, end)
            for start, end in zip(starts, [*ends, BEGAN.replace(month=5)], strict=True)
        ]


async def test_however_many_workers_there_are_a_period_is_charged_once(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as one, instance(own_world, clock=clock) as other:
        clock.set(ENDS)
        await asyncio.gather(*(parts.renewals.run_due() for parts in (one, other) * 5))
        charged = one.provider.charged[1:] + other.provider.charged
        assert [charge.payment_id for charge in charged].count(charged[0].payment_id) == 1
        assert len([charge for charge in charged if charge.owner and charge.owner.id == ALAN]) == 1


async def test_a_worker_that_was_away_charges_each_period(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        clock.set(BEGAN.replace(month=5))
        await parts.renewals.run_due()
        assert (
            len([one for one in parts.provider.charged if one.owner and one.owner.id == ALAN]) == 5
        )
        assert (await parts.state()).current_period_end == BEGAN.replace(month=6, day=30)


async def test_a_failed_renewal_is_served_and_repeated_and_then_ends(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        for day in (0, 1, 3, 5):
            clock.set(ENDS + day * DAY)
            parts.provider.will(DECLINED)
            await parts.renewals.run_due()
            assert await parts.renewals.run_due() == 0
            state = await parts.state()
            assert (state.status, state.failure_reason, state.grace_ends_at) == (
                SubscriptionStatus.PAST_DUE,
                "card_declined",
                ENDS + WEEK,
            )
        clock.set(ENDS + 6 * DAY)
        assert await parts.renewals.run_due() == 0
        clock.set(ENDS + WEEK)
        assert (await parts.state()).status is SubscriptionStatus.INACTIVE
        parts.provider.will(DECLINED)
        await parts.renewals.run_due()
        assert await parts.subscription() == ("inactive", BASIC, "card_declined")
        assert (
            len([one for one in parts.provider.charged if one.owner and one.owner.id == ALAN]) == 6
        )
        assert await parts.renewals.run_due() == 0
        again = await parts.checkout("again")
        assert again["status"] == "succeeded"
        assert (await parts.state()).current_period_start == ENDS + WEEK


@pytest.mark.parametrize("day", [1, 3, 5, 7])
async def test_a_repeat_that_succeeds_goes_on_with_the_period(own_world: str, day: int) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        clock.set(ENDS)
        parts.provider.will(DECLINED)
        await parts.renewals.run_due()
        clock.set(ENDS + day * DAY)
        await parts.renewals.run_due()
        state = await parts.state()
        assert (state.status, state.grace_ends_at, state.failure_reason) == (
            SubscriptionStatus.ACTIVE,
            None,
            None,
        )
        assert (state.current_period_start, state.current_period_end) == (
            ENDS,
            BEGAN.replace(month=3),
        )


@pytest.mark.parametrize("way", ["updatePaymentMethod", "retryPayment", "another plan"])
async def test_another_method_is_charged_at_once(own_world: str, way: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        clock.set(ENDS)
        parts.provider.will(DECLINED)
        await parts.renewals.run_due()
        clock.set(ENDS + 2 * DAY)
        plan = PREMIUM if way == "another plan" else BASIC
        if way == "updatePaymentMethod":
            payment = await parts.update_method("new")
        else:
            payment = await parts.retry("new", plan_code=plan)
        assert (payment["status"], payment["kind"]) == ("succeeded", "renewal")
        assert not parts.provider.charged[-1].is_off_session
        state = await parts.state()
        assert (state.status, state.plan and state.plan.code) == (SubscriptionStatus.ACTIVE, plan)
        assert state.current_period_start == ENDS


async def test_a_method_is_stored_without_a_charge_while_nothing_is_due(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        payment = await parts.update_method("new")
        assert (payment["status"], payment["amount_cents"]) == ("succeeded", 0)
        refused = await parts.update_method("unknown", payment_method_token="pm_unknown")
        assert (refused["status"], refused["failure_reason"]) == (
            "failed",
            "invalid_payment_method",
        )
        assert len(parts.provider.charged) == 1
        assert await parts.subscription() == ("active", BASIC, None)


async def test_a_renewal_that_the_bank_asks_about(own_world: str) -> None:
    """It is past due, with a secret for the front end; the webhook says that it was confirmed."""
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        clock.set(ENDS)
        parts.provider.will(ASKED)
        await parts.renewals.run_due()
        assert (await parts.state()).status is SubscriptionStatus.PAST_DUE
        (waiting,) = await parts.rows(
            "SELECT * FROM billing_payment_attempts WHERE status = 'requires_action'"
        )
        assert waiting["client_secret"] == "pi_asked_secret"
        clock.set(ENDS + 2 * DAY)
        assert await parts.renewals.run_due() == 0
        confirmed = ChargeResult(ChargeState.SUCCEEDED, "pi_asked")
        await parts.receive_event(waiting["id"], confirmed)
        state = await parts.state()
        assert (state.status, state.current_period_start) == (SubscriptionStatus.ACTIVE, ENDS)


async def test_a_renewal_that_nobody_confirms_is_given_up_and_repeated(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        clock.set(ENDS)
        parts.provider.will(ASKED)
        await parts.renewals.run_due()
        clock.set(ENDS + DAY)
        assert await parts.renewals.run_due() == 0
        parts.provider.will(ChargeResult(ChargeState.NOT_MADE, "pi_asked"))
        assert await parts.charging.give_up_expired() == 1
        assert await parts.charging.give_up_expired() == 0
        assert (await parts.state()).status is SubscriptionStatus.PAST_DUE
        await parts.renewals.run_due()
        assert (await parts.state()).status is SubscriptionStatus.ACTIVE


async def test_a_renewal_without_an_answer_is_found_out_about(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        clock.set(ENDS)
        parts.provider.will(SILENCE)
        await parts.renewals.run_due()
        assert await parts.renewals.run_due() == 0
        assert await parts.subscription() == ("active", BASIC, None)
        await parts.make_overdue()
        await parts.charging.finish_overdue()
        assert (await parts.state()).current_period_start == ENDS


async def test_what_never_reached_the_provider_is_charged_again_and_is_no_failure(
    own_world: str,
) -> None:
    clock = MovedClock()

    class Killed(BaseException):
        """Ends the process's work at once."""

    async def die(_charge: Charge) -> None:
        raise Killed

    async with paid_instance(own_world, clock) as parts:
        await parts.rows("UPDATE user_subscriptions SET due_at = NULL WHERE user_id <> $1", ALAN)
        clock.set(ENDS)
        parts.provider.meanwhile = die
        with pytest.raises(Killed):
            await parts.renewals.run_due()
        parts.provider.meanwhile = nothing
        assert await parts.renewals.run_due() == 0
        await parts.make_overdue()
        parts.provider.will(NOT_MADE)
        await parts.charging.finish_overdue()
        assert await parts.subscription() == ("active", BASIC, None)
        assert await parts.renewals.run_due() == 1
        assert (await parts.state()).current_period_start == ENDS
        assert len({one.idempotency_key for one in parts.provider.charged}) == 3


async def test_subscriptions_from_before_get_the_month_under_way(own_world: str) -> None:
    """Nobody is charged for the past; without a stored method they are then past due."""
    clock = MovedClock(NOW)
    async with instance(own_world, clock=clock) as parts:
        assert await parts.renewals.run_due() == 3
        assert parts.provider.charged == []
        for user in (ADA, GRACE, EDITH):
            state = await parts.state(user)
            assert state.current_period_end is not None
            assert NOW < state.current_period_end <= NOW + timedelta(days=31)
        end = (await parts.state(GRACE)).current_period_end
        assert end is not None
        clock.set(end)
        await parts.renewals.run_due()
        state = await parts.state(GRACE)
        assert (state.status, state.failure_reason) == (
            SubscriptionStatus.PAST_DUE,
            "no_payment_method",
        )
        assert parts.provider.charged == []


async def test_a_trial_is_begun_once_and_charged_when_it_ends(own_world: str) -> None:
    clock = MovedClock()
    async with instance(own_world, clock=clock) as parts:
        await parts.rows("UPDATE billing_plans SET trial_days = 14")
        payment = await parts.checkout("trial")
        assert (payment["kind"], payment["amount_cents"], payment["status"]) == (
            "trial",
            0,
            "succeeded",
        )
        ends = BEGAN + 14 * DAY
        state = await parts.state()
        assert (state.status, state.trial_ends_at, state.current_period_end) == (
            SubscriptionStatus.ACTIVE,
            ends,
            ends,
        )
        up = await parts.begin_change("up")
        assert up.payment is None
        assert parts.provider.charged == []
        clock.set(ends)
        await parts.renewals.run_due()
        assert [one.amount_cents for one in parts.provider.charged] == [2_000]
        await parts.cancel(at_period_end=False)
        second = await parts.checkout("again")
        assert (second["kind"], second["amount_cents"]) == ("checkout", 500)


async def test_a_trial_that_is_cancelled_is_never_charged(own_world: str) -> None:
    clock = MovedClock()
    async with instance(own_world, clock=clock) as parts:
        await parts.rows("UPDATE billing_plans SET trial_days = 14")
        await parts.checkout("trial")
        await parts.cancel()
        clock.set(BEGAN + 14 * DAY)
        await parts.renewals.run_due()
        assert await parts.subscription() == ("inactive", BASIC, None)
        assert parts.provider.charged == []
