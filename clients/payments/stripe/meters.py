"""Stripe's Billing Meters: events of use, and their sums.

https://docs.stripe.com/billing/subscriptions/usage-based/recording-usage
"""

from dataclasses import dataclass
from datetime import datetime

import stripe
from stripe import StripeClient

from clients.payments.provider import PaymentProviderRefused
from clients.payments.records import UsageEvent

_EXISTS = "already exists with identifier"


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter of the account: its id, and the name of the events that it counts."""

    id: str
    event_name: str


async def report(client: StripeClient, meter: Meter | None, event: UsageEvent) -> None:
    """Make a meter event; one whose identifier is known is counted already."""
    try:
        await client.v1.billing.meter_events.create_async(
            {
                "event_name": _chosen(meter).event_name,
                "identifier": event.identifier,
                "timestamp": int(event.occurred_at.timestamp()),
                "payload": {"stripe_customer_id": event.customer, "value": str(event.quantity)},
            },
            {"idempotency_key": f"meter:{event.identifier}"},
        )
    except stripe.InvalidRequestError as error:
        if _EXISTS not in (error.user_message or ""):
            raise


async def reported(
    client: StripeClient, meter: Meter | None, customer: str, start: datetime, end: datetime
) -> int:
    """The sum of a customer's events from `start` to before `end`, which are whole minutes."""
    summaries = await client.v1.billing.meters.event_summaries.list_async(
        _chosen(meter).id,
        {
            "customer": customer,
            "start_time": int(start.timestamp()),
            "end_time": int(end.timestamp()),
        },
    )
    return round(sum(summary.aggregated_value for summary in summaries.data))


def _chosen(meter: Meter | None) -> Meter:
    if meter is None:
        raise PaymentProviderRefused("no meter is set")
    return meter
