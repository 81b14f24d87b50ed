"""Stripe's refunds, each made once, however long ago its key was used first."""

from datetime import datetime

from stripe import StripeClient
from stripe.params import RefundListParams

from clients.payments.records import Refund, RefundEvent, RefundResult
from clients.payments.stripe.failures import translate_errors
from clients.payments.stripe.refund_objects import REFUND_KEY, refund_event, refund_result


async def refund(client: StripeClient, order: Refund) -> RefundResult:
    """Find the refund among those of the intent, or make it.

    The key prevents a second one within a day, and the list, which is consistent, after it.
    """
    made = await client.v1.refunds.list_async(
        {"payment_intent": order.charge_reference, "limit": 100}
    )
    for one in made.data:
        if (
            one.metadata is not None
            and one.metadata.to_dict().get(REFUND_KEY) == order.idempotency_key
        ):
            return refund_result(one.to_dict())
    new = await client.v1.refunds.create_async(
        {
            "payment_intent": order.charge_reference,
            "amount": order.amount_cents,
            "metadata": {REFUND_KEY: order.idempotency_key},
        },
        {"idempotency_key": order.idempotency_key},
    )
    return refund_result(new.to_dict())


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
        events += [event for one in page.data if (event := refund_event(one.to_dict()))]
        has_more = page.has_more and bool(page.data)
        if has_more:
            params["starting_after"] = page.data[-1].id
    return tuple(reversed(events))
