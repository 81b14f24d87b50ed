"""What is too little to be charged alone is charged with what comes next, and never twice."""

from datetime import timedelta

import pytest

from services.billing.rules.payments import AmountChanged
from services.billing.subscriptions.previews import preview_of
from tests.fixtures.stores.world import ALAN
from tests.services.billing.billing_instances import BASIC, DECLINED, PREMIUM, Instance
from tests.services.billing.moved_clock import DAY, ENDS, MovedClock, paid_instance

LATE = ENDS - timedelta(hours=9)
"""9 of 672 hours are left: 15.00 a month more come to 20.09 cents."""
CARRIED = 20
LINES = """
SELECT line.kind, line.description, line.amount_cents FROM user_invoices AS invoice
JOIN user_invoice_lines AS line ON line.user_id = invoice.user_id AND invoice_id = invoice.id
WHERE invoice.user_id = $1 AND invoice.id = (SELECT max(id) FROM user_invoices WHERE user_id = $1)
ORDER BY line_number
"""
CHANGES = "SELECT to_price_cents, carried_cents FROM billing_plan_changes ORDER BY id"
GOLD = """INSERT INTO billing_plans
(code, display_name, monthly_price_cents, currency, daily_message_limit)
VALUES ('gold', 'Gold', 20000, 'EUR', 1000), ('free', 'Free', 0, 'EUR', 1)"""


def amounts(parts: Instance) -> list[int]:
    """What Alan was charged after the first month."""
    charged = [one for one in parts.provider.charged if one.owner and one.owner.id == ALAN]
    return [one.amount_cents for one in charged][1:]


async def test_a_small_difference_is_on_the_next_invoice(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        clock.set(LATE)
        shown = preview_of(await parts.plan_changes.preview(ALAN, PREMIUM))
        assert (shown.amount_due_cents, shown.carried_cents) == (0, CARRIED)
        assert [(line.kind, line.amount_cents) for line in shown.lines] == [
            ("proration", 27),
            ("credit", -7),
            ("credit", -CARRIED),
        ]
        with pytest.raises(AmountChanged):
            await parts.change(expected_amount_due_cents=CARRIED)
        changed = await parts.begin_change(expected_amount_due_cents=0)
        assert changed.payment is None
        assert await parts.subscription() == ("active", PREMIUM, None)
        clock.set(ENDS)
        await parts.renewals.run_due()
        assert amounts(parts) == [2_000 + CARRIED]
        assert [tuple(row) for row in await parts.rows(LINES, ALAN)] == [
            ("period", "Premium", 2_000),
            ("proration", "Carried over", CARRIED),
        ]
        clock.set(ENDS + 31 * DAY)
        await parts.renewals.run_due()
        assert amounts(parts) == [2_000 + CARRIED, 2_000]


async def test_what_adds_up_to_enough_is_charged_at_once(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        await parts.rows(GOLD)
        clock.set(LATE)
        await parts.change("one")
        shown = preview_of(await parts.plan_changes.preview(ALAN, "gold"))
        due = shown.amount_due_cents
        assert sum(line.amount_cents for line in shown.lines) == due
        changed = await parts.begin_change("two", plan_code="gold", expected_amount_due_cents=due)
        assert changed.payment is not None
        # 195.00 more for nine hours of 672, and no cent but what was carried.
        assert amounts(parts) == [due] == [261]
        assert [tuple(row) for row in await parts.rows(LINES, ALAN)] == [
            ("proration", "Gold", 268),
            ("credit", "Premium", -27),
            ("proration", "Carried over", CARRIED),
        ]
        assert [tuple(row) for row in await parts.rows(CHANGES)] == [(2_000, CARRIED), (20_000, 0)]
        clock.set(ENDS)
        await parts.renewals.run_due()
        assert amounts(parts) == [261, 20_000]


async def test_what_a_failed_renewal_owes_stays_the_same(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        clock.set(LATE)
        await parts.change("one")
        for day in (0, 1):
            clock.set(ENDS + day * DAY)
            parts.provider.will(DECLINED)
            await parts.renewals.run_due()
        await parts.update_method()
        assert amounts(parts) == [2_000 + CARRIED] * 3
        assert await parts.subscription() == ("active", PREMIUM, None)


async def test_what_is_carried_to_a_plan_that_costs_nothing_is_waived(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        await parts.rows(GOLD)
        clock.set(LATE)
        await parts.change("one")
        await parts.change("two", plan_code="free")
        for month in (ENDS, ENDS + 31 * DAY):
            clock.set(month)
            await parts.renewals.run_due()
            assert await parts.subscription() == ("active", "free", None)
        assert amounts(parts) == []


async def test_a_plan_that_costs_nothing_is_left_for_the_whole_difference(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        await parts.rows(GOLD)
        await parts.change("one", plan_code="free")
        clock.set(ENDS)
        await parts.renewals.run_due()
        changed = await parts.begin_change("two", plan_code=BASIC)
        assert changed.payment is not None
        assert amounts(parts) == [500]
