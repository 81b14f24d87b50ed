"""Cancelling a subscription, at once or with its period, and taking that back."""

from db.database import Transaction
from db.states import SubscriptionStatus
from services.billing.current import store_state
from services.billing.orders import Order, OrderDesk, PersonOrder
from services.billing.records import StoredSubscription, SubscriptionState
from services.billing.rules.lifecycle import cancellation_scheduled, ended
from services.billing.rules.payments import NoActiveSubscription


class CancellationService:
    """Ends subscriptions for their people; every method raises `PersonUnknown`.

    They raise `NoActiveSubscription`, `Conflict` while a payment is under way, and
    `IdempotencyKeyReused`. The same key does it once.
    """

    def __init__(self, desk: OrderDesk) -> None:
        self._desk = desk

    async def cancel(self, order: PersonOrder, *, at_period_end: bool) -> None:
        """End the subscription with its period, or at once; nothing is given back.

        One whose renewal is past due has no period to go on for, and ends at once.
        """

        async def work(transaction: Transaction) -> None:
            claim = await self._desk.claim(
                transaction,
                order,
                operation="cancelSubscription",
                values={"atPeriodEnd": at_period_end},
            )
            if claim.result is not None:
                return
            await self._cancel(transaction, order, at_period_end=at_period_end)
            await claim.store(transaction, {})

        await self._desk.run(order, work)

    async def resume(self, order: PersonOrder) -> None:
        """Let a subscription go on that was to end with its period; one that goes on, does."""
        async with self._desk.database.begin() as transaction:
            claim = await self._desk.claim(
                transaction, order, operation="resumeSubscription", values={}
            )
            if claim.result is not None:
                return
            current = await self._served(transaction, order)
            if current.state.cancel_at_period_end:
                state = cancellation_scheduled(current.state, is_cancelled=False)
                await self._store(transaction, order, current, state, "subscription.resumed")
            await claim.store(transaction, {})

    async def _cancel(
        self, transaction: Transaction, order: PersonOrder, *, at_period_end: bool
    ) -> None:
        current = await self._served(transaction, order)
        await self._desk.check_none_open(transaction, current)
        if at_period_end and current.state.status is SubscriptionStatus.ACTIVE:
            state = cancellation_scheduled(current.state, is_cancelled=True)
            await self._store(transaction, order, current, state, "subscription.cancelled")
        else:
            await self._store(
                transaction, order, current, ended(current.state), "subscription.ended"
            )

    async def _served(self, transaction: Transaction, order: Order) -> StoredSubscription:
        current = await self._desk.current(transaction, order)
        served = {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}
        if current is None or current.state.status not in served:
            raise NoActiveSubscription("There is no subscription that goes on.")
        return current

    async def _store(
        self,
        transaction: Transaction,
        order: Order,
        current: StoredSubscription,
        state: SubscriptionState,
        action: str,
    ) -> None:
        await store_state(transaction, current, state, self._desk.clock())
        await self._desk.record(transaction, order, action, current.id)
