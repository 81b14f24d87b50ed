"""Giving money back: recorded as a payment of its own, and made by the worker until it is done."""

from clients.payments.provider import Refunds
from clients.payments.records import ChargeResult, ChargeState, Refund, RefundState
from db.database import Database
from db.queries.billing import payments
from services.billing.records import Payment
from services.callers import people

REFUND_FAILED = "refund_failed"
_STATES = {
    RefundState.SUCCEEDED: ChargeState.SUCCEEDED,
    RefundState.PENDING: ChargeState.PENDING,
    RefundState.FAILED: ChargeState.DECLINED,
}


async def refund_at(provider: Refunds, database: Database, payment: Payment) -> ChargeResult:
    """Give back what a recorded refund says, or find that it was given back before."""
    async with database.read_primary() as connection:
        charged = people.require_person(
            await payments.by_id(connection, payment.user_id or 0, payment.refund_of_id or 0)
        )
    result = await provider.refund(
        Refund(
            charge_reference=charged["provider_reference"],
            amount_cents=payment.amount_cents,
            idempotency_key=payment.provider_key,
        )
    )
    state = _STATES[result.state]
    reason = REFUND_FAILED if state is ChargeState.DECLINED else None
    return ChargeResult(state, result.reference, reason)
