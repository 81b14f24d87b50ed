"""Events from the payment provider's webhooks: each is applied once, in any order."""

from datetime import datetime, timedelta

from clients.payments.records import PaymentEvent, RefundEvent, RefundState
from db.database import Connection, Database, Transaction
from db.queries.billing import archived_payments, payments, webhook_events
from db.states import PaymentKind
from services.billing.records import Payment
from services.billing.rules.payments import result_of_refund
from services.billing.settlement import PaymentSettlement, lock_payment
from services.clock import Clock
from services.mutations.audit import system

EVENT_RETENTION = timedelta(days=30)
"""How long event ids are stored to recognise repeats; the provider retries for three days."""


class PaymentEventHandler:
    """Applies events to the payments that they are about."""

    def __init__(self, database: Database, settlement: PaymentSettlement, *, clock: Clock) -> None:
        self._database = database
        self._settlement = settlement
        self._clock = clock

    async def handle(self, event: PaymentEvent, *, request_id: str | None) -> None:
        """Record an event, and apply it unless it is a repeat or is about no payment of ours.

        The payment is locked before the event is recorded, after its person, as everywhere.
        """
        async with self._database.begin() as transaction:
            payment = await _locked_payment(transaction, event)
            is_new = await webhook_events.take_event(
                transaction,
                event.id,
                user_id=None if payment is None else payment.user_id,
                payment_id=None if payment is None else payment.id,
                occurred_at=event.occurred_at,
                now=self._clock(),
            )
            if is_new and payment is not None and event.result is not None:
                await self._settlement.apply(transaction, payment, event.result, system(request_id))

    async def handle_refund(self, event: RefundEvent, *, request_id: str | None) -> None:
        """Apply what became of a refund of ours, unless it is on its way; once by its state."""
        if event.result.state is RefundState.PENDING:
            return
        async with self._database.begin() as transaction:
            payment = await _locked_payment_of_key(transaction, event.idempotency_key)
            if payment is not None and payment.kind is PaymentKind.REFUND:
                result = result_of_refund(event.result)
                await self._settlement.apply(transaction, payment, result, system(request_id))


async def _locked_payment(transaction: Transaction, event: PaymentEvent) -> Payment | None:
    """The payment of an event, found by the key that we gave it, locked.

    Another deployment, with the same payment ids, may share the provider's account.
    """
    if event.payment_id is None or event.idempotency_key is None:
        return None
    payment = await _locked_payment_of_key(transaction, event.idempotency_key)
    return payment if payment is not None and payment.id == event.payment_id else None


async def _locked_payment_of_key(transaction: Transaction, key: str) -> Payment | None:
    found = await payments.of_key(transaction, key)
    user_id, payment_id = (None, None) if found is None else found
    if payment_id is None:
        payment_id = await archived_payments.of_key(transaction, key)
    return None if payment_id is None else await lock_payment(transaction, user_id, payment_id)


async def delete_old_events(connection: Connection, now: datetime) -> None:
    """Delete the events that the provider no longer repeats; what they changed stays."""
    await webhook_events.forget_events(connection, now - EVENT_RETENTION)
