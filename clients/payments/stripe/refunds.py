"""Stripe's refunds, each made once, however long ago its key was used first."""

import stripe
from stripe import StripeClient

from clients.payments.records import Refund, RefundResult, RefundState

_STATES = {
    "succeeded": RefundState.SUCCEEDED,
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
_KEY = "refund_key"


async def refund(client: StripeClient, order: Refund) -> RefundResult:
    """Find the refund among those of the intent, or make it.

    The key prevents a second one within a day, and the list, which is consistent, after it.
    """
    made = await client.v1.refunds.list_async(
        {"payment_intent": order.charge_reference, "limit": 100}
    )
    for one in made.data:
        if one.metadata is not None and one.metadata.to_dict().get(_KEY) == order.idempotency_key:
            return _result(one)
    new = await client.v1.refunds.create_async(
        {
            "payment_intent": order.charge_reference,
            "amount": order.amount_cents,
            "metadata": {_KEY: order.idempotency_key},
        },
        {"idempotency_key": order.idempotency_key},
    )
    return _result(new)


def _result(one: stripe.Refund) -> RefundResult:
    # A state that is new to us is not an end.
    return RefundResult(_STATES.get(one.status or "", RefundState.PENDING), one.id)
