"""What the payment provider tells us without being asked, each event once and in any order."""

from datetime import datetime, timedelta

from clients.payments.records import PaymentEvent
from db.database import Connection, Database
from db.queries import webhook_events
from services.audit import system
from services.billing import outcomes
from services.billing.outcomes import Outcomes
from services.clock import Clock

EVENTS_KEPT = timedelta(days=30)
"""How long an event is known again; the provider tells it for three days at most."""


class PaymentEvents:
    """Takes events to the payments that they concern."""

    def __init__(self, database: Database, outcomes_: Outcomes, *, clock: Clock) -> None:
        self._database = database
        self._outcomes = outcomes_
        self._clock = clock

    async def take(self, event: PaymentEvent, *, request_id: str | None) -> None:
        """Note an event, and apply it unless it was taken before or concerns no payment of ours.

        The payment is locked before the event is noted: the note refers to it, and would keep it
        from whoever has locked the person and goes on to the payment.
        """
        async with self._database.begin() as transaction:
            payment = None
            if event.payment_id is not None:
                payment = await outcomes.lock(transaction, event.payment_id)
            # Another deployment, with payments of the same numbers, may share the account.
            if payment is not None and payment["provider_key"] != event.idempotency_key:
                payment = None
            is_new = await webhook_events.take_event(
                transaction,
                event.id,
                payment_id=None if payment is None else payment["id"],
                occurred_at=event.occurred_at,
                now=self._clock(),
            )
            if is_new and payment is not None and event.result is not None:
                await self._outcomes.apply(transaction, payment, event.result, system(request_id))


async def forget_old_events(connection: Connection, now: datetime) -> None:
    """Remove the notes of events that are not told again; what they changed stays."""
    await webhook_events.forget_events(connection, now - EVENTS_KEPT)
