"""Renewals: the worker charges each period once, repeats what failed, and ends what is over."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from db.database import Database, Transaction
from db.queries.billing import payments, subscriptions
from db.row import Row
from db.states import PaymentKind
from services.billing.current import (
    columns_of,
    customer_of,
    renewal_cents,
    store_state,
)
from services.billing.processing import PaymentProcessor
from services.billing.records import NewPayment, Payment, StoredSubscription
from services.billing.rows import stored_subscription_from
from services.billing.rules.dunning import action_deadline
from services.billing.rules.lifecycle import DueStep, due_step, ended, next_period, with_period
from services.billing.settlement import Invalidate, insert_payment
from services.callers import people
from services.callers.people import PersonUnknown
from services.clock import Clock
from services.mutations import audit

_AT_ONCE = 100
"""How many due subscriptions are read at once."""
_CONCURRENT = 4
"""How many of them are charged at once: what takes time is waiting for the provider."""


class Renewals:
    """Does what is due with subscriptions; any number of processes may do so at once.

    What is due is decided while the person is locked, and recorded before the provider is asked.
    """

    def __init__(
        self,
        database: Database,
        charging: PaymentProcessor,
        *,
        invalidate: Invalidate,
        clock: Clock,
    ) -> None:
        self._database = database
        self._charging = charging
        self._invalidate = invalidate
        self._clock = clock

    async def run_due(self) -> int:
        """Do everything that is due now, and return how many steps were taken.

        A worker that was away for several periods charges them one after the other.
        """
        steps = 0
        while True:
            async with self._database.read_primary() as connection:
                rows = await subscriptions.due(connection, self._clock(), _AT_ONCE)
            done = await self._do_all(rows)
            steps += done
            if done == 0:
                return steps

    async def _do_all(self, rows: Sequence[Row]) -> int:
        """Take a step with each; if one fails, others are done before it is raised."""
        waiting = iter(rows)

        async def take_turns() -> int:
            return sum([await self._do(row) for row in waiting])

        turns = [take_turns() for _ in range(_CONCURRENT)]
        ended = await asyncio.gather(*turns, return_exceptions=True)
        for failure in ended:
            if isinstance(failure, BaseException):
                raise failure
        return sum(one for one in ended if isinstance(one, int))

    async def _do(self, row: Row) -> bool:
        """Take one step with a subscription; False if another process was faster."""
        try:
            async with self._database.begin() as transaction:
                await people.lock(transaction, row["user_id"])
                step, payment = await self._step(transaction, row["user_id"], row["id"])
        except PersonUnknown:
            return False
        if payment is not None:
            await self._charging.charge(payment, audit.SYSTEM, is_off_session=True)
        return step is not DueStep.NOTHING

    async def _step(
        self, transaction: Transaction, user_id: int, subscription_id: int
    ) -> tuple[DueStep, Payment | None]:
        now = self._clock()
        rows = await subscriptions.current_subscription_by_user(transaction, [user_id])
        found = next(map(stored_subscription_from, rows), None)
        if found is None or found.id != subscription_id:
            return DueStep.NOTHING, None
        if await payments.open_of_subscription(transaction, user_id, subscription_id):
            return DueStep.NOTHING, None
        step = due_step(found.state, now)
        if step is DueStep.ADOPT:
            state = with_period(found.state, now)
            await subscriptions.adopt(transaction, found.id, user_id, **columns_of(state))
        if step is DueStep.END:
            await self._end(transaction, found, now)
        payment = None
        if step is DueStep.CHARGE:
            payment = await self._begin(transaction, found, now)
        return step, payment

    async def _begin(
        self, transaction: Transaction, subscription: StoredSubscription, now: datetime
    ) -> Payment | None:
        """Record the charge of the next period; its key is the period, and how often it was tried.

        It may wait for the person unless the grace is over.
        """
        period = next_period(subscription.state)
        tried = await payments.count_of_period(
            transaction, subscription.user_id, subscription.id, period.start
        )
        plan = subscription.next_plan or subscription.plan
        amount_cents = await renewal_cents(transaction, subscription, plan)
        customer = await customer_of(transaction, subscription.user_id)
        # What costs nothing needs no method.
        method = customer.payment_method if customer and amount_cents else None
        new = NewPayment(
            kind=PaymentKind.RENEWAL,
            subscription_id=subscription.id,
            plan_code=plan.code,
            amount_cents=amount_cents,
            currency=plan.currency,
            idempotency_key=f"period:{subscription.id}:{period.start.isoformat()}:{tried}",
            payment_method_token=method,
            customer=customer.reference if customer and method else None,
            period_start=period.start,
            period_end=period.end,
            expires_at=action_deadline(now, subscription.state.grace_ends_at or period.end),
            plan_price_cents=plan.monthly_price_cents,
        )
        return await insert_payment(
            transaction,
            subscription.user_id,
            new,
            patience_seconds=self._charging.overdue_seconds,
            now=now,
        )

    async def _end(
        self, transaction: Transaction, subscription: StoredSubscription, now: datetime
    ) -> None:
        await store_state(transaction, subscription, ended(subscription.state), now)
        user_id = subscription.user_id
        await audit.record(
            transaction,
            audit.SYSTEM,
            "subscription.ended",
            f"subscription:{subscription.id}",
            now=now,
            user_id=user_id,
            reason=subscription.state.failure_reason,
        )
        transaction.after_commit(lambda: self._invalidate([user_id]))
        transaction.on_unknown_outcome(lambda: self._invalidate([user_id]))
