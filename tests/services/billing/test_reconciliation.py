"""Asking the provider what became of charges: what may still succeed is left as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clients.payments.records import Charge, ChargeResult, PaymentEvent, RefundEvent
from services.billing.reconciliation import reconcile_charges
from tests.fixtures.stores.world import ALAN, NOW
from tests.services.billing.billing_instances import (
    BASIC,
    NOT_MADE,
    PREMIUM,
    SILENCE,
    SUCCEEDED,
    Instance,
    play,
)

DAY = timedelta(days=1)


@dataclass
class History:
    """Has one charge, with the result that it has by now."""

    charge: Charge
    result: ChargeResult

    async def charges_since(self, _instant: datetime) -> Sequence[PaymentEvent]:
        one = self.charge
        id_ = f"pi_1:{self.result.state.value}"
        return [PaymentEvent(id_, NOW, one.payment_id, one.idempotency_key, self.result)]

    async def refunds_since(self, _instant: datetime) -> Sequence[RefundEvent]:
        return ()


def test_a_charge_that_is_reconciled_before_it_is_confirmed_is_made_once(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        counts: list[int] = []

        async def reconcile(charge: Charge) -> None:
            """Between the two requests of a charge."""
            history = History(charge, NOT_MADE)
            counts.append(
                await reconcile_charges(history, parts.events, since=DAY, clock=parts.clock)
            )
            row = await parts.payment(charge.payment_id)
            assert (row["status"], row["failure_reason"]) == ("pending", None)

        parts.provider.meanwhile = reconcile
        await parts.checkout()
        await parts.change("another key")
        assert counts == [0, 0]
        assert await parts.subscription() == ("active", PREMIUM, None)
        assert await parts.charging.finish_overdue() == 0
        assert parts.provider.refunded == []
        actions = [event[0] for event in await parts.audit()]
        paid = [one for one in actions if one.startswith("payment.")]
        assert paid == ["payment.begun", "payment.succeeded"] * 2

    play(own_world, scenario)


def test_what_no_webhook_told_is_reconciled_once(own_world: str) -> None:
    async def scenario(parts: Instance) -> None:
        parts.provider.will(SILENCE)
        payment = await parts.checkout()
        history = History(parts.provider.charged[0], SUCCEEDED)
        for _ in range(2):
            count = await reconcile_charges(history, parts.events, since=DAY, clock=parts.clock)
            assert count == 1
        assert (await parts.payment(payment["id"]))["status"] == "succeeded"
        assert await parts.subscription() == ("active", BASIC, None)
        assert parts.invalidated == [(ALAN, "pending"), (ALAN, "active")]

    play(own_world, scenario)
