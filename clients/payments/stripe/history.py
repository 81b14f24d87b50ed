"""What became of the intents of a time, from Stripe's list of them, which is consistent."""

from datetime import UTC, datetime

from stripe import StripeClient
from stripe.params import PaymentIntentListParams

from clients.payments.records import PaymentEvent
from clients.payments.stripe.failures import translate_errors
from clients.payments.stripe.intents import Intent, UnknownIntent, charge_of_intent, result_of

_PAGE = 100


async def charges_since(
    client: StripeClient, instant: datetime, *, timeout_seconds: float
) -> tuple[PaymentEvent, ...]:
    """An event for each charge of ours begun since `instant`, oldest first."""
    params: PaymentIntentListParams = {
        "created": {"gte": int(instant.timestamp())},
        "limit": _PAGE,
    }
    events: list[PaymentEvent] = []
    has_more = True
    while has_more:
        async with translate_errors(timeout_seconds=timeout_seconds):
            page = await client.v1.payment_intents.list_async(params)
            events += [event for one in page.data if (event := _event(one.to_dict()))]
        has_more = page.has_more and bool(page.data)
        if has_more:
            params["starting_after"] = page.data[-1].id
    return tuple(reversed(events))


def _event(intent: Intent) -> PaymentEvent | None:
    charge = charge_of_intent(intent)
    if charge is None:
        return None
    try:
        result = result_of(intent)
    except UnknownIntent:  # one that we cannot interpret must not hide the others
        return None
    return PaymentEvent(
        f"{result.reference}:{result.state.value}",
        datetime.fromtimestamp(intent["created"], UTC),
        charge.payment_id,
        charge.idempotency_key,
        result,
        charge.owner,
    )
