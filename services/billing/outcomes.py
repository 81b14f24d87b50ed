"""What became of a payment, applied once, whoever brings the news: we, the worker or a webhook."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import structlog
from asyncpg import Record

from clients.payments.records import ChargeResult, ChargeState
from db.database import Transaction
from db.queries import billing, payments
from services import audit, people
from services.audit import Actor

Invalidate: TypeAlias = Callable[[Sequence[int]], Awaitable[None]]
"""Makes every instance forget what it has cached of some users' subscriptions."""

NOT_CHARGED = "not_charged"
_log = structlog.get_logger("guidance.billing")


async def apply(
    transaction: Transaction,
    payment_id: int,
    result: ChargeResult,
    *,
    actor: Actor,
    invalidate: Invalidate,
    now: datetime,
) -> None:
    """Store the outcome and move the subscription; what is settled already stays.

    Money that was taken counts, also when the payment was given up before.
    """
    payment = await _locked(transaction, payment_id)
    if result.state is ChargeState.SUCCEEDED and payment["status"] != "succeeded":
        await _succeed(transaction, payment, result, actor=actor, now=now)
    elif result.state in {ChargeState.DECLINED, ChargeState.NOT_MADE} and (
        payment["status"] == "pending"
    ):
        await _fail(transaction, payment, result, actor=actor, now=now)
    else:
        return
    user_id = payment["user_id"]
    transaction.after_commit(lambda: invalidate([user_id]))


async def _locked(transaction: Transaction, payment_id: int) -> Record:
    """The payment, after its person: everybody locks in this order."""
    payment = await payments.by_id(transaction, payment_id)
    if payment is not None:
        await people.lock(transaction, payment["user_id"])
        payment = await payments.lock(transaction, payment_id)
    if payment is None:
        raise RuntimeError("a payment is gone")
    return payment


async def _succeed(
    transaction: Transaction, payment: Record, result: ChargeResult, *, actor: Actor, now: datetime
) -> None:
    await payments.settle(
        transaction,
        payment["id"],
        status="succeeded",
        reference=result.reference,
        failure_reason=None,
        now=now,
    )
    has_begun = await billing.activate(
        transaction, payment["subscription_id"], payment["plan_code"], now
    )
    action = "payment.succeeded" if has_begun else "payment.superfluous"
    if not has_begun:
        _log.error("paid twice; give the money back", payment=payment["id"])
    await _record(transaction, payment, action, actor=actor, now=now)


async def _fail(
    transaction: Transaction, payment: Record, result: ChargeResult, *, actor: Actor, now: datetime
) -> None:
    reason = result.decline_reason or NOT_CHARGED
    await payments.settle(
        transaction,
        payment["id"],
        status="failed",
        reference=result.reference,
        failure_reason=reason,
        now=now,
    )
    await billing.fail(transaction, payment["subscription_id"], reason, now)
    await _record(transaction, payment, "payment.failed", actor=actor, now=now, reason=reason)


async def _record(
    transaction: Transaction,
    payment: Record,
    action: str,
    *,
    actor: Actor,
    now: datetime,
    **details: Any,  # Any: JSON
) -> None:
    await audit.record(
        transaction,
        actor,
        action,
        f"subscription:{payment['subscription_id']}",
        now=now,
        user_id=payment["user_id"],
        payment=payment["id"],
        plan=payment["plan_code"],
        **details,
    )
