"""Reading the events of Stripe's webhooks; the sandbox's have the same form."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from clients.payments.intents import UnknownIntent, charge_named, is_id, result_of
from clients.payments.records import PaymentEvent
from clients.payments.signature import InvalidWebhook, verify

LARGEST_BODY_BYTES = 262_144
"""The largest event that is read."""
_OUTCOMES = {
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.succeeded",
}


@dataclass(frozen=True, slots=True)
class WebhookReader:
    """Reads events signed with any of the secrets; with none, it takes no event."""

    secrets: Sequence[str] = field(repr=False)
    clock: Callable[[], datetime]

    def read(self, body: bytes, signature_header: str) -> PaymentEvent | None:
        """The event in a raw body; None for one of a kind that says nothing of a charge.

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
def _event(parsed: Any) -> PaymentEvent | None:
    match parsed:
        case {"type": str(kind)} if kind not in _OUTCOMES:
            # Kinds are added at any time, and need not have the form of those that we know.
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
    named = charge_named(thing)
    if named is None:
        return PaymentEvent(id_, occurred_at)
    return PaymentEvent(id_, occurred_at, *named, result_of(thing))
