"""Stripe's refunds, each made once, however long ago its key was used first."""

from datetime import datetime

import stripe
from stripe import StripeClient
from stripe.params import RefundListParams

from clients.payments.records import Refund, RefundEvent, RefundResult, RefundState
from clients.payments.stripe.failures import translate_errors

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


async def refunds_since(
    client: StripeClient, instant: datetime, *, timeout_seconds: float
) -> tuple[RefundEvent, ...]:
    """Each refund of ours begun since `instant`, oldest first."""
    params: RefundListParams = {"created": {"gte": int(instant.timestamp())}, "limit": 100}
    events: list[RefundEvent] = []
    has_more = True
    while has_more:
        async with translate_errors(timeout_seconds=timeout_seconds):
            page = await client.v1.refunds.list_async(params)
        for one in page.data:
            key, intent = (one.to_dict().get("metadata") or {}).get(_KEY), one.payment_intent
            if key is not None and isinstance(intent, str):
                events.append(RefundEvent(key, intent, one.amount, _result(one)))
        has_more = page.has_more and bool(page.data)
        if has_more:
            params["starting_after"] = page.data[-1].id
    return tuple(reversed(events))


def _result(one: stripe.Refund) -> RefundResult:
    # A state that is new to us is not an end.
    return RefundResult(_STATES.get(one.status or "", RefundState.PENDING), one.id)
