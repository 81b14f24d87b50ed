"""Asking the provider what became of charges, for what its webhooks never told."""

from datetime import timedelta

from clients.payments.provider import ChargeHistory
from clients.payments.records import OwnerKind
from services.billing.provider_events import PaymentEventHandler
from services.clock import Clock

REQUEST_ID = "reconcile"


async def reconcile_charges(
    history: ChargeHistory, events: PaymentEventHandler, *, since: timedelta, clock: Clock
) -> int:
    """Apply what became of each charge begun in the time `since`, and return how many there were.

    Each is applied like an event: once, and only if it changes anything. Those of companies are
    looked up by who collects them.
    """
    found = await history.charges_since(clock() - since)
    charges = [one for one in found if one.owner is None or one.owner.kind is not OwnerKind.COMPANY]
    for event in charges:
        await events.handle(event, request_id=REQUEST_ID)
    return len(charges)
