"""Edges of a subscription: short months, trials that fail, prices that change, and free plans."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from clients.payments.records import CUSTOMER_MISSING, ChargeResult, ChargeState
from db.row import Row
from db.states import SubscriptionStatus
from services.billing.refunds import RefundRefused, RefundService
from services.billing.rules.payments import AmountChanged, NoActiveSubscription
from tests.fixtures.stores.world import ALAN
from tests.services.billing.billing_instances import BASIC, DECLINED, METHOD, PREMIUM, instance
from tests.services.billing.moved_clock import BEGAN, DAY, ENDS, MovedClock, paid_instance

TAKEN = ChargeResult(ChargeState.SUCCEEDED, "pi_taken")
MISSING = ChargeResult(ChargeState.DECLINED, None, CUSTOMER_MISSING)
PRICE = "UPDATE billing_plans SET monthly_price_cents = $1 WHERE code = $2"
TRIAL = "UPDATE billing_plans SET trial_days = 14 WHERE code = $1"
NOBODY_ELSE = "UPDATE user_subscriptions SET due_at = NULL WHERE user_id <> $1"


@pytest.mark.parametrize(
    ("began", "ends"),
    [
        ((2027, 12, 31), [(2028, 1, 31), (2028, 2, 29), (2028, 3, 31), (2028, 4, 30)]),
        ((2028, 2, 29), [(2028, 3, 29), (2028, 4, 29), (2028, 5, 29)]),
        ((2027, 1, 29), [(2027, 2, 28), (2027, 3, 29)]),
    ],
)
async def test_months_of_every_length_are_charged_on_their_day(
    own_world: str, began: tuple[int, int, int], ends: list[tuple[int, int, int]]
) -> None:
    clock = MovedClock(datetime(*began, 23, 59, 59, 999_999, tzinfo=UTC))
    async with paid_instance(own_world, clock) as parts:
        await parts.rows(NOBODY_ELSE, ALAN)
        for end in ends:
            clock.set(datetime(*end, 23, 59, 59, 999_998, tzinfo=UTC))
            assert await parts.renewals.run_due() == 0
            clock.set(clock.now + timedelta(microseconds=1))
            assert (await parts.state()).current_period_end == clock.now
            assert await parts.renewals.run_due() == 1
        assert [one.amount_cents for one in parts.provider.charged] == [500] * (1 + len(ends))


async def test_a_trial_that_cannot_be_charged_is_past_due_and_ends(own_world: str) -> None:
    clock = MovedClock()
    async with instance(own_world, clock=clock) as parts:
        await parts.rows(TRIAL, BASIC)
        await parts.checkout("trial")
        trial_ends = BEGAN + 14 * DAY
        clock.set(trial_ends)
        parts.provider.will(DECLINED)
        await parts.renewals.run_due()
        state = await parts.state()
        assert (state.status, state.trial_ends_at, state.grace_ends_at) == (
            SubscriptionStatus.PAST_DUE,
            trial_ends,
            trial_ends + 7 * DAY,
        )
        with pytest.raises(NoActiveSubscription):
            await parts.change()
        await parts.cancel(at_period_end=True)
        assert (await parts.state()).status is SubscriptionStatus.INACTIVE
        with pytest.raises(NoActiveSubscription):
            await parts.resume()
        again = await parts.checkout("again")
        assert (again["kind"], again["amount_cents"]) == ("checkout", 500)


async def test_a_price_that_changes_is_that_of_the_next_period(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        shown = await parts.plan_changes.preview(ALAN, PREMIUM)
        await parts.rows(PRICE, 3_000, PREMIUM)
        await parts.rows(PRICE, 600, BASIC)
        with pytest.raises(AmountChanged):
            await parts.change("one", expected_amount_due_cents=shown.due_cents)
        await parts.change("two", expected_amount_due_cents=2_500)
        assert parts.provider.charged[-1].amount_cents == 2_500
        await parts.change("three", plan_code=BASIC)
        clock.set(ENDS)
        await parts.renewals.run_due()
        assert await parts.subscription() == ("active", BASIC, None)
        charged = [one for one in parts.provider.charged if one.owner and one.owner.id == ALAN]
        assert [one.amount_cents for one in charged] == [500, 2_500, 600]


async def test_a_plan_that_is_sold_no_more_is_renewed(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        await parts.rows("UPDATE billing_plans SET is_on_sale = false WHERE code = $1", BASIC)
        clock.set(ENDS)
        await parts.renewals.run_due()
        assert (await parts.state()).current_period_start == ENDS


async def test_a_plan_that_costs_nothing_stores_a_method_and_charges_nobody(
    own_world: str,
) -> None:
    clock = MovedClock()
    async with instance(own_world, clock=clock) as parts:
        await parts.rows(PRICE, 0, BASIC)
        paid = await parts.checkout("free")
        assert (paid["status"], paid["amount_cents"]) == ("succeeded", 0)
        assert await parts.subscription() == ("active", BASIC, None)
        stored = await parts.rows(
            "SELECT payment_method FROM billing_customers WHERE user_id = $1", ALAN
        )
        assert [row["payment_method"] for row in stored] == [METHOD]
        assert parts.provider.charged == []
        assert await parts.rows("SELECT FROM user_invoices WHERE user_id = $1", ALAN) == []


async def test_of_two_refunds_at_once_one_gives_the_money_back(own_world: str) -> None:
    clock = MovedClock()
    async with instance(own_world, clock=clock) as one, instance(own_world, clock=clock) as other:
        one.provider.will(TAKEN)
        payment = await one.checkout("paid")

        async def give_back(number: int) -> Row | RefundRefused:
            parts = (one, other)[number % 2]
            service = RefundService(parts.database, parts.charging, clock=clock)
            try:
                return await service.refund(
                    ALAN, payment["id"], amount_cents=300, reason=f"{number}"
                )
            except RefundRefused as refused:
                return refused

        given = await asyncio.gather(*map(give_back, range(6)))
        assert sum(isinstance(one, RefundRefused) for one in given) == len(given) - 1
        refunded = one.provider.refunded + other.provider.refunded
        assert [refund.amount_cents for refund in refunded] == [300]
        totals = await one.rows(
            "SELECT total_cents FROM user_invoices WHERE user_id = $1 ORDER BY id", ALAN
        )
        assert [row["total_cents"] for row in totals] == [500, -300]


async def test_a_customer_whom_the_provider_has_lost_is_forgotten(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        clock.set(ENDS)
        parts.provider.will(MISSING)
        await parts.renewals.run_due()
        assert (await parts.state()).failure_reason == CUSTOMER_MISSING
        assert await parts.rows("SELECT FROM billing_customers WHERE user_id = $1", ALAN) == []
        clock.set(ENDS + DAY)
        await parts.renewals.run_due()
        assert (await parts.state()).failure_reason == "no_payment_method"
        assert len(parts.provider.charged) == 2
        paid = await parts.update_method()
        assert (paid["status"], paid["customer"]) == ("succeeded", f"customer of person:{ALAN}")
        state = await parts.state()
        assert (state.status, state.current_period_start) == (SubscriptionStatus.ACTIVE, ENDS)


async def test_a_free_renewal_needs_no_method(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        await parts.rows("UPDATE billing_plans SET monthly_price_cents = 0 WHERE code = $1", BASIC)
        await parts.rows(
            "UPDATE billing_customers SET payment_method = 'pm_unknown' WHERE user_id = $1", ALAN
        )
        clock.set(ENDS)
        await parts.renewals.run_due()
        state = await parts.state()
        assert (state.status, state.current_period_start) == (SubscriptionStatus.ACTIVE, ENDS)
        assert len(parts.provider.charged) == 1
