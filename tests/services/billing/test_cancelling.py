"""Cancelling with the period or at once, taking that back, and what is given back by whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from clients.payments.records import (
    ChargeResult,
    ChargeState,
    PaymentEvent,
    Refund,
    RefundEvent,
    RefundResult,
    RefundState,
)
from db.states import SubscriptionStatus
from services.billing.closing import AccountClosing, MoneyInFlight
from services.billing.customers import Customers
from services.billing.reconciliation import reconcile_refunds
from services.billing.refunds import RefundRefused, RefundService
from services.billing.rules.payments import NoActiveSubscription
from services.mutations.idempotency import IdempotencyKeyReused
from services.mutations.refusals import Conflict
from tests.fixtures.stores.world import ALAN
from tests.services.billing.billing_instances import (
    BASIC,
    DECLINED,
    PROCESSING,
    SILENCE,
    Instance,
    instance,
    play,
)
from tests.services.billing.moved_clock import BEGAN, ENDS, MovedClock, paid_instance

TAKEN = ChargeResult(ChargeState.SUCCEEDED, "pi_taken")
ASKED = ChargeResult(ChargeState.REQUIRES_ACTION, "pi_asked", client_secret="pi_asked_secret")


async def test_a_cancelled_subscription_ends_with_its_period_and_is_not_charged(
    own_world: str,
) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        await parts.cancel()
        await parts.cancel()
        state = await parts.state()
        assert (state.status, state.cancel_at_period_end) == (SubscriptionStatus.ACTIVE, True)
        clock.set(ENDS)
        assert (await parts.state()).status is SubscriptionStatus.INACTIVE
        await parts.renewals.run_due()
        assert await parts.subscription() == ("inactive", BASIC, None)
        charged = [one for one in parts.provider.charged if one.owner and one.owner.id == ALAN]
        assert len(charged) == 1
        with pytest.raises(NoActiveSubscription):
            await parts.resume()


async def test_what_is_resumed_goes_on(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        await parts.cancel()
        await parts.resume()
        await parts.resume("twice")
        clock.set(ENDS)
        await parts.renewals.run_due()
        state = await parts.state()
        assert (state.status, state.current_period_start) == (SubscriptionStatus.ACTIVE, ENDS)
        actions = [event[0] for event in await parts.audit()]
        assert actions.count("subscription.cancelled") == 1
        assert actions.count("subscription.resumed") == 1


async def test_at_once_is_at_once_and_nothing_is_given_back(own_world: str) -> None:
    async with paid_instance(own_world, MovedClock()) as parts:
        await parts.cancel(at_period_end=False)
        assert await parts.subscription() == ("inactive", BASIC, None)
        with pytest.raises(IdempotencyKeyReused):
            await parts.cancel(at_period_end=True)
        assert parts.provider.refunded == []
        assert parts.invalidated[-1] == (ALAN, "inactive")


async def test_one_that_is_past_due_ends_at_once(own_world: str) -> None:
    clock = MovedClock()
    async with paid_instance(own_world, clock) as parts:
        clock.set(ENDS)
        parts.provider.will(ASKED)
        await parts.renewals.run_due()
        parts.provider.will(ChargeResult(ChargeState.NOT_MADE, "pi_asked"))
        await parts.cancel()
        assert await parts.subscription() == ("inactive", BASIC, "authentication_required")
        # The bank's page was still open.
        (payment,) = await parts.rows(
            "SELECT id FROM billing_payment_attempts WHERE provider_reference = 'pi_asked'"
        )
        await parts.receive_event(payment["id"], ChargeResult(ChargeState.SUCCEEDED, "pi_asked"))
        await parts.charging.finish_overdue()
        assert [(one.charge_reference, one.amount_cents) for one in parts.provider.refunded] == [
            ("pi_asked", 500)
        ]


def test_nothing_is_cancelled_that_is_not_there_or_is_being_paid(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        before = await parts.everything()
        for refused in (parts.cancel(), parts.resume()):
            with pytest.raises(NoActiveSubscription):
                await refused
        assert await parts.everything() == before
        await parts.checkout("paid")
        parts.provider.will(SILENCE)
        await parts.change("up")
        with pytest.raises(Conflict):
            await parts.cancel()

    play(own_world, scenario)


def refunds(parts: Instance) -> RefundService:
    return RefundService(parts.database, parts.charging, clock=parts.clock)


async def test_an_operator_gives_a_payment_back_in_parts_and_no_more(own_world: str) -> None:
    async with instance(own_world) as parts:
        parts.provider.will(TAKEN)
        payment = await parts.checkout("paid")
        first = await refunds(parts).refund(ALAN, payment["id"], amount_cents=200, reason="sorry")
        assert (first["status"], first["amount_cents"]) == ("succeeded", 200)
        with pytest.raises(RefundRefused, match="300 of 500 cents are left"):
            await refunds(parts).refund(ALAN, payment["id"], amount_cents=301, reason="sorry")
        rest = await refunds(parts).refund(ALAN, payment["id"], amount_cents=None, reason="sorry")
        assert rest["amount_cents"] == 300
        for payment_id in (payment["id"], rest["id"], 987_654):
            with pytest.raises(RefundRefused):
                await refunds(parts).refund(ALAN, payment_id, amount_cents=None, reason="sorry")
        notes = await parts.rows(
            "SELECT total_cents, status FROM user_invoices WHERE user_id = $1 ORDER BY id", ALAN
        )
        assert [tuple(note) for note in notes] == [
            (500, "credited"),
            (-200, "paid"),
            (-300, "paid"),
        ]
        assert await parts.subscription() == ("active", BASIC, None)


async def test_a_refused_payment_has_nothing_to_give_back(own_world: str) -> None:
    async with instance(own_world) as parts:
        parts.provider.will(DECLINED)
        payment = await parts.checkout("paid")
        with pytest.raises(RefundRefused, match="the payment is failed"):
            await refunds(parts).refund(ALAN, payment["id"], amount_cents=None, reason="sorry")


async def test_an_erasure_that_overtakes_a_charge_gives_the_money_back(own_world: str) -> None:
    async with instance(own_world) as parts:
        parts.provider.will(SILENCE)
        payment = await parts.checkout("paid")
        await parts.rows("UPDATE users SET erasure_began_at = $1 WHERE id = $2", BEGAN, ALAN)
        closing = AccountClosing(
            parts.database,
            parts.charging,
            Customers(parts.database, parts.provider, clock=parts.clock),
        )
        parts.provider.will(*[PROCESSING] * 3)
        with pytest.raises(MoneyInFlight):
            await closing.close([ALAN])
        assert parts.provider.deleted == []
        parts.provider.will(TAKEN)
        await closing.close([ALAN])
        assert [(one.charge_reference, one.amount_cents) for one in parts.provider.refunded] == [
            ("pi_taken", 500)
        ]
        assert (await parts.payment(payment["id"]))["status"] == "succeeded"
        assert await parts.subscription() == ("pending", BASIC, None)
        assert parts.provider.deleted == [f"customer of person:{ALAN}"]
        assert await parts.rows("SELECT FROM user_invoices WHERE user_id = $1", ALAN) == []


@dataclass
class Returned:
    """A provider whose refunds have all come back."""

    made: list[Refund]

    async def charges_since(self, _instant: datetime) -> Sequence[PaymentEvent]:
        return ()

    async def refunds_since(self, instant: datetime) -> Sequence[RefundEvent]:
        assert instant == BEGAN - timedelta(days=40)
        return [
            RefundEvent(
                one.idempotency_key,
                one.charge_reference,
                one.amount_cents,
                RefundResult(RefundState.FAILED, f"re_{one.idempotency_key}"),
            )
            for one in self.made
        ]


async def test_a_refund_that_came_back_is_sent_again_and_credited_once(own_world: str) -> None:
    clock = MovedClock()
    async with instance(own_world, clock=clock) as parts:
        parts.provider.will(TAKEN)
        payment = await parts.checkout("paid")
        service = refunds(parts)
        first = await service.refund(ALAN, payment["id"], amount_cents=None, reason="sorry")
        assert first["status"] == "succeeded"
        history = Returned(list(parts.provider.refunded))
        for _ in range(2):
            assert await reconcile_refunds(history, parts.events, clock=clock) == 1
        row = await parts.payment(first["id"])
        assert (row["status"], row["failure_reason"]) == ("failed", "refund_failed")
        clock.set(BEGAN + timedelta(days=1))
        again = await service.refund(ALAN, payment["id"], amount_cents=None, reason="by transfer")
        assert (again["status"], again["amount_cents"]) == ("succeeded", 500)
        with pytest.raises(RefundRefused, match="0 of 500 cents are left"):
            await service.refund(ALAN, payment["id"], amount_cents=1, reason="once more")
        totals = await parts.rows(
            "SELECT total_cents FROM user_invoices WHERE user_id = $1 ORDER BY id", ALAN
        )
        assert [row["total_cents"] for row in totals] == [500, -500]
