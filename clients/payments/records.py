"""Charges, their results, and the events of a payment provider."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount of money to be charged once.

    `payment_id` is our own id, which the provider's events return. `idempotency_key` must be unique
    among all charges of all people, so a client's own key is not enough; it has at most 200
    characters. The same key always comes with the same other values.
    """

    payment_id: int
    amount_cents: int
    currency: str
    payment_method_token: str = field(repr=False)
    idempotency_key: str


class ChargeState(Enum):
    """The states of a charge."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"
    """The result comes later, in an event; `find` returns it too."""
    NOT_MADE = "not_made"
    """The provider was never asked to charge, and will not charge for this key."""


@dataclass(frozen=True, slots=True)
class ChargeResult:
    """The state of a charge at the provider.

    `reference` is the provider's id. `decline_reason` is a short code for a declined charge that
    may be shown to the person, such as `card_declined`.
    """

    state: ChargeState
    reference: str | None
    decline_reason: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """An event from the provider; it may come twice, late, and in any order.

    Its charge is the one with both this `payment_id` and this `idempotency_key`. They and `result`
    are None if the event is not about one of our charges.
    """

    id: str
    occurred_at: datetime
    payment_id: int | None = None
    idempotency_key: str | None = None
    result: ChargeResult | None = None
