"""Asking the provider what became of charges and refunds, for what its webhooks never told."""

from datetime import timedelta

from clients.payments.provider import ChargeHistory
from clients.payments.records import ChargeState, OwnerKind, PaymentEvent
from services.billing.provider_events import PaymentEventHandler
from services.clock import Clock

REQUEST_ID = "reconcile"
REFUNDS_MAY_FAIL_FOR = timedelta(days=40)
"""How long after it was made a refund may still come back: Stripe says up to a month."""


async def reconcile_charges(
    history: ChargeHistory, events: PaymentEventHandler, *, since: timedelta, clock: Clock
) -> int:
    """Apply what became of each charge begun in the time `since`, and return how many there were.

    Each is applied like an event: once, and only if it changes anything. Those of companies are
    looked up by who collects them. A charge that is not made may be confirmed in the next moment:
    open payments are looked up as overdue, which cancels such a charge before it counts as failed.
    """
    found = await history.charges_since(clock() - since)
    charges = [one for one in found if not _is_of_a_company(one) and not _is_unmade(one)]
    for event in charges:
        await events.handle(event, request_id=REQUEST_ID)
    return len(charges)


async def reconcile_refunds(
    history: ChargeHistory, events: PaymentEventHandler, *, clock: Clock
) -> int:
    """Apply what became of each refund that may still fail, and return how many there were."""
    refunds = await history.refunds_since(clock() - REFUNDS_MAY_FAIL_FOR)
    for refund in refunds:
        await events.handle_refund(refund, request_id=REQUEST_ID)
    return len(refunds)


def _is_of_a_company(event: PaymentEvent) -> bool:
    return event.owner is not None and event.owner.kind is OwnerKind.COMPANY


def _is_unmade(event: PaymentEvent) -> bool:
    return event.result is not None and event.result.state is ChargeState.NOT_MADE
