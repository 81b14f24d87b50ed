"""What became of a payment, applied once, whoever brings the news: we, the worker or a webhook."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeAlias

import structlog
from asyncpg import Record

from clients.payments.records import ChargeResult
from db.database import Transaction
from db.queries import payments, subscriptions
from services import audit, people
from services.audit import Actor
from services.billing.records import PaymentStatus
from services.billing.rules import payment_becomes, why_not_paid
from services.clock import Clock
from services.people import PersonUnknown

Invalidate: TypeAlias = Callable[[Sequence[int]], Awaitable[None]]
"""Makes every instance forget what it has cached of some users' subscriptions."""

_log = structlog.get_logger("guidance.billing")


async def lock(transaction: Transaction, payment_id: int) -> Record | None:
    """A payment that nobody else changes until the transaction ends; None where there is none.

    Everybody locks the person first, then the payment, then the subscription. The payment of a
    person who was erased has none.
    """
    for payment in await payments.by_id(transaction, payment_id):
        if payment["user_id"] is not None:
            with suppress(PersonUnknown):  # erased since the line above
                await people.lock(transaction, payment["user_id"])
        return await payments.lock(transaction, payment_id)
    return None


class Outcomes:
    """Settles payments and lets their subscriptions follow."""

    def __init__(self, *, invalidate: Invalidate, clock: Clock) -> None:
        self._invalidate = invalidate
        self._clock = clock

    async def apply(
        self, transaction: Transaction, payment: Record, result: ChargeResult, actor: Actor
    ) -> None:
        """Store what the provider says of a locked payment; saying it again changes nothing."""
        status = payment_becomes(PaymentStatus(payment["status"]), result.state)
        if status is None:
            return
        now, reason = self._clock(), why_not_paid(result)
        await payments.settle(
            transaction,
            payment["id"],
            status=status.value,
            reference=result.reference,
            failure_reason=reason,
            now=now,
        )
        action = await _follow(transaction, payment, reason, now)
        await audit.record(
            transaction,
            actor,
            action,
            f"subscription:{payment['subscription_id']}",
            now=now,
            user_id=payment["user_id"],
            payment=payment["id"],
            plan=payment["plan_code"],
            reason=reason,
        )
        whose = [payment["user_id"]] if payment["user_id"] is not None else []
        transaction.after_commit(lambda: self._invalidate(whose))
        transaction.if_unknown(lambda: self._invalidate(whose))


async def _follow(
    transaction: Transaction, payment: Record, reason: str | None, now: datetime
) -> str:
    """Let the subscription follow its payment, and name what has happened."""
    subscription_id = payment["subscription_id"]
    if reason is not None:
        await subscriptions.fail(transaction, subscription_id, reason, now)
        return "payment.failed"
    is_somebodys = payment["user_id"] is not None
    if is_somebodys and await subscriptions.activate(
        transaction, subscription_id, payment["plan_code"], now
    ):
        return "payment.succeeded"
    _log.error("money was taken for nothing; give it back", payment=payment["id"])
    return "payment.superfluous"
