"""Reading webhooks of Stripe; those of the sandbox have the same format."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from clients.payments.records import PaymentEvent, RefundEvent
from clients.payments.signature import InvalidWebhook, verify
from clients.payments.stripe.intents import UnknownIntent, charge_of_intent, is_id, result_of
from clients.payments.stripe.refund_objects import refund_event

LARGEST_BODY_BYTES = 262_144
"""The largest event that is accepted."""
_OUTCOMES = {
    "payment_intent.requires_action",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.succeeded",
}
_OF_REFUNDS = {"charge.refund.updated", "refund.failed", "refund.updated"}


@dataclass(frozen=True, slots=True)
class WebhookReader:
    """Reads events signed with one of the secrets; without secrets, it rejects every event."""

    secrets: Sequence[str] = field(repr=False)
    clock: Callable[[], datetime]

    def read(self, body: bytes, signature_header: str) -> PaymentEvent | RefundEvent | None:
        """The event in a raw body; None if it is of a kind that is not about money of ours.

        Raises `InvalidWebhook`.
        """
        if len(body) > LARGEST_BODY_BYTES:
            raise InvalidWebhook("the body is too large")
        if not self.secrets:
            raise InvalidWebhook("no secret is set")
        verify(body, signature_header, secrets=self.secrets, now=self.clock())
        try:
            return _event(orjson.loads(body))
        except orjson.JSONDecodeError:
            raise InvalidWebhook("the body is not JSON") from None
        except UnknownIntent:
            raise InvalidWebhook("the event does not say what became of its charge") from None
        except (OverflowError, OSError, ValueError):
            raise InvalidWebhook("the event is of no time") from None


# Any: an event is JSON.
def _event(parsed: Any) -> PaymentEvent | RefundEvent | None:
    match parsed:
        case {"type": str(kind), "data": {"object": dict(refund)}} if kind in _OF_REFUNDS:
            return refund_event(refund)
        case {"type": str(kind)} if kind not in _OUTCOMES:
            # Stripe may add kinds at any time, with fields that we do not know.
            return None
        case {
            "id": str(id_),
            "type": str(),
            "created": int(created),
            "data": {"object": dict(thing)},
        } if is_id(id_):
            occurred_at = datetime.fromtimestamp(created, UTC)
        case _:
            raise InvalidWebhook("the event lacks what every event has")
    charge = charge_of_intent(thing)
    if charge is None:
        return PaymentEvent(id_, occurred_at)
    return PaymentEvent(
        id_,
        occurred_at,
        charge.payment_id,
        charge.idempotency_key,
        result_of(thing),
        charge.owner,
    )
