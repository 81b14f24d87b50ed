"""Settling payments: a result is applied once, from a request, the worker or a webhook."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TypeAlias

import structlog

from clients.payments.records import ChargeResult
from db.database import Transaction
from db.queries.billing import archived_payments, payments, subscriptions
from db.states import PaymentStatus
from services.billing.records import Payment
from services.billing.rows import payment_from
from services.billing.rules import next_payment_status, payment_failure_reason
from services.callers import people
from services.callers.people import PersonUnknown
from services.clock import Clock
from services.mutations import audit
from services.mutations.audit import Actor

Invalidate: TypeAlias = Callable[[Sequence[int]], Awaitable[None]]
"""Invalidates the cached subscriptions of some users in every instance."""

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


class PaymentSettlement:
    """Settles payments, and activates or fails their subscriptions accordingly."""

    def __init__(self, *, invalidate: Invalidate, clock: Clock) -> None:
        self._invalidate = invalidate
        self._clock = clock

    async def apply(
        self, transaction: Transaction, payment: Payment, result: ChargeResult, actor: Actor
    ) -> None:
        """Store what the provider says about a locked payment; repeating it changes nothing."""
        status = next_payment_status(payment.status, result.state)
        if status is None:
            return
        now, reason = self._clock(), payment_failure_reason(result)
        await _store(transaction, payment, status, result.reference, reason, now)
        action = await _update_subscription(transaction, payment, reason, now)
        await audit.record(
            transaction,
            actor,
            action,
            f"subscription:{payment.subscription_id}",
            now=now,
            user_id=payment.user_id,
            payment=payment.id,
            plan=payment.plan_code,
            reason=reason,
        )
        user_ids = [payment.user_id] if payment.user_id is not None else []
        transaction.after_commit(lambda: self._invalidate(user_ids))
        transaction.on_unknown_outcome(lambda: self._invalidate(user_ids))


async def _store(
    transaction: Transaction,
    payment: Payment,
    status: PaymentStatus,
    reference: str | None,
    reason: str | None,
    now: datetime,
) -> None:
    settle = (
        archived_payments.settle
        if payment.user_id is None
        else partial(payments.settle, user_id=payment.user_id)
    )
    await settle(
        transaction,
        payment_id=payment.id,
        status=status,
        reference=reference,
        failure_reason=reason,
        now=now,
    )


async def _update_subscription(
    transaction: Transaction, payment: Payment, reason: str | None, now: datetime
) -> str:
    """Activate or fail the subscription of a payment, and return the audited action.

    That of an erased person is archived, and stays as it is.
    """
    user_id, subscription_id = payment.user_id, payment.subscription_id
    if reason is not None:
        if user_id is not None:
            await subscriptions.fail(transaction, user_id, subscription_id, reason, now)
        return "payment.failed"
    if user_id is not None and await subscriptions.activate(
        transaction, user_id, subscription_id, payment.plan_code, now
    ):
        return "payment.succeeded"
    _log.error("money was taken for nothing; give it back", payment=payment.id)
    return "payment.superfluous"
