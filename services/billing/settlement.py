"""Settling payments: a result is applied once, from a request, the worker or a webhook."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeAlias

import structlog

from clients.payments.records import CUSTOMER_MISSING, ChargeResult
from db.database import Transaction
from db.queries import users
from db.queries.billing import archived_payments, customers, payments, plan_changes
from db.states import PaymentKind, PaymentStatus
from services.billing.current import store_state, unlapsed_subscription
from services.billing.invoices import PaidInvoices
from services.billing.records import NewPayment, Payment, StoredSubscription
from services.billing.rows import payment_from
from services.billing.rules.outcomes import Outcome, outcome
from services.billing.rules.payments import next_payment_status, payment_failure_reason
from services.billing.rules.plan_changes import first_price_cents
from services.callers import people
from services.callers.people import PersonUnknown
from services.clock import Clock
from services.mutations import audit
from services.mutations.audit import Actor
from services.record_values import values_of

Invalidate: TypeAlias = Callable[[Sequence[int]], Awaitable[None]]
"""Invalidates the cached subscriptions of some users in every instance."""
DEFAULT_GRACE = timedelta(days=7)
_REASON_OF_REFUND = "superfluous"
_log = structlog.get_logger("guidance.billing")


async def lock_payment(
    transaction: Transaction, user_id: int | None, payment_id: int
) -> Payment | None:
    """Lock a payment until the transaction ends, and return it; None if it does not exist.

    The order of locks is always person, payment, subscription. The payment of an erased person has
    no person to lock: it is looked for among the archived ones.
    """
    found = None
    if user_id is not None:
        with suppress(PersonUnknown):  # who is being erased
            await people.lock(transaction, user_id)
        found = await payments.lock(transaction, user_id, payment_id)
    if found is None:
        found = await archived_payments.lock(transaction, payment_id)
    return None if found is None else payment_from(found)


async def insert_payment(
    transaction: Transaction,
    user_id: int,
    new: NewPayment,
    *,
    patience_seconds: float,
    now: datetime,
) -> Payment | None:
    """Record a payment before the provider is asked; None if its key is used already."""
    row = await payments.insert_payment(
        transaction, user_id=user_id, patience_seconds=patience_seconds, now=now, **values_of(new)
    )
    return None if row is None else payment_from(row)


@dataclass(frozen=True, slots=True)
class _Settled:
    """A payment as it was, what the provider said of it, and what that makes of it."""

    payment: Payment
    result: ChargeResult
    status: PaymentStatus
    reason: str | None
    now: datetime


class PaymentSettlement:
    """Settles payments, and changes their subscriptions accordingly.

    A renewal that failed is served for `grace`.
    """

    def __init__(
        self,
        *,
        invoices: PaidInvoices,
        invalidate: Invalidate,
        clock: Clock,
        grace: timedelta = DEFAULT_GRACE,
    ) -> None:
        self._invoices = invoices
        self._invalidate = invalidate
        self._clock = clock
        self._grace = grace

    async def apply(
        self, transaction: Transaction, payment: Payment, result: ChargeResult, actor: Actor
    ) -> None:
        """Store what the provider says about a locked payment; repeating it changes nothing."""
        status = next_payment_status(payment.kind, payment.status, result.state)
        if status is None:
            return
        settled = _Settled(payment, result, status, payment_failure_reason(result), self._clock())
        await _store(transaction, settled)
        await _forget_missing_customer(transaction, settled)
        subscription = await _subscription_of(transaction, payment, settled.now)
        change = outcome(
            payment,
            status,
            settled.reason,
            None if subscription is None else subscription.state,
            now=settled.now,
            grace=self._grace,
        )
        await _apply(transaction, settled, subscription, change)
        await _record(transaction, settled, change, actor)
        if status is PaymentStatus.SUCCEEDED and not change.is_superfluous:
            await self._invoice(transaction, settled, subscription)
        user_ids = [payment.user_id] if payment.user_id is not None else []
        transaction.after_commit(lambda: self._invalidate(user_ids))
        transaction.on_unknown_outcome(lambda: self._invalidate(user_ids))

    async def _invoice(
        self,
        transaction: Transaction,
        settled: _Settled,
        subscription: StoredSubscription | None,
    ) -> None:
        payment, now = settled.payment, settled.now
        if payment.kind is PaymentKind.REFUND and payment.user_id is not None:
            await self._invoices.credit(transaction, payment.user_id, payment, now)
        elif subscription is not None:
            tax_cents = settled.result.tax_cents
            await self._invoices.issue(
                transaction, payment, subscription, tax_cents=tax_cents, now=now
            )


async def _store(transaction: Transaction, settled: _Settled) -> None:
    payment, result = settled.payment, settled.result
    if settled.status is PaymentStatus.REQUIRES_ACTION and payment.user_id is not None:
        await payments.await_action(
            transaction,
            payment.user_id,
            payment.id,
            reference=result.reference,
            client_secret=result.client_secret,
            now=settled.now,
        )
        return
    settle = (
        archived_payments.settle
        if payment.user_id is None
        else partial(payments.settle, user_id=payment.user_id)
    )
    await settle(
        transaction,
        payment_id=payment.id,
        status=settled.status,
        reference=result.reference,
        failure_reason=settled.reason,
        now=settled.now,
    )


async def _forget_missing_customer(transaction: Transaction, settled: _Settled) -> None:
    """What the provider does not know any more is charged no more: another one is opened."""
    payment = settled.payment
    if settled.reason != CUSTOMER_MISSING or payment.user_id is None or payment.customer is None:
        return
    await customers.forget(transaction, payment.user_id, payment.customer)


async def _subscription_of(
    transaction: Transaction, payment: Payment, now: datetime
) -> StoredSubscription | None:
    """The subscription of a payment; None if it is another by now, or its person is erased."""
    if payment.user_id is None or not await users.is_there(transaction, payment.user_id):
        return None
    current = await unlapsed_subscription(transaction, payment.user_id, now)
    return current if current and current.id == payment.subscription_id else None


async def _apply(
    transaction: Transaction,
    settled: _Settled,
    subscription: StoredSubscription | None,
    change: Outcome,
) -> None:
    payment, now = settled.payment, settled.now
    if change.is_superfluous:
        await _give_back(transaction, payment, now)
    if subscription is None:
        return
    method = settled.result.payment_method
    if method is not None and payment.customer is not None:
        await customers.store(
            transaction,
            subscription.user_id,
            customer=payment.customer,
            payment_method=method,
            now=now,
        )
    if change.state is not None:
        await store_state(transaction, subscription, change.state, now)
        if subscription.state.plan_code != change.state.plan_code:
            await _record_plan_change(transaction, payment, subscription, now)


async def _record_plan_change(
    transaction: Transaction, payment: Payment, subscription: StoredSubscription, now: datetime
) -> None:
    """Record a plan that was paid, from the beginning of what was paid."""
    if payment.kind not in {PaymentKind.PRORATION, PaymentKind.RENEWAL}:
        return
    await plan_changes.insert_plan_change(
        transaction,
        user_id=subscription.user_id,
        subscription_id=subscription.id,
        from_plan_code=subscription.state.plan_code,
        to_plan_code=payment.plan_code,
        from_price_cents=first_price_cents(subscription),
        to_price_cents=payment.plan_price_cents or 0,
        carried_cents=0,
        idempotency_key=f"payment:{payment.id}",
        changed_at=payment.period_start or now,
    )


async def _give_back(transaction: Transaction, payment: Payment, now: datetime) -> None:
    """Have the worker give back all of a payment, at once.

    An erasure ends the payments of its person before it archives them, so there is nobody only
    where the provider had said that a payment failed which then succeeds.
    """
    if payment.amount_cents == 0:
        return
    _log.warning("money was taken for nothing, and is given back", payment=payment.id)
    if payment.user_id is None:
        await archived_payments.add_refund(transaction, payment.id, now)
        return
    refund = NewPayment(
        kind=PaymentKind.REFUND,
        subscription_id=payment.subscription_id,
        plan_code=payment.plan_code,
        amount_cents=payment.amount_cents,
        currency=payment.currency,
        idempotency_key=f"refund:{payment.id}:{_REASON_OF_REFUND}",
        refund_of_id=payment.id,
    )
    await insert_payment(transaction, payment.user_id, refund, patience_seconds=0.0, now=now)


async def _record(
    transaction: Transaction, settled: _Settled, change: Outcome, actor: Actor
) -> None:
    payment = settled.payment
    subject = "refund" if payment.kind is PaymentKind.REFUND else "payment"
    what = "superfluous" if change.is_superfluous else settled.status
    await audit.record(
        transaction,
        actor,
        f"{subject}.{what}",
        f"subscription:{payment.subscription_id}",
        now=settled.now,
        user_id=payment.user_id,
        payment=payment.id,
        plan=payment.plan_code,
        reason=settled.reason,
    )
