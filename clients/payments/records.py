"""What is asked of a payment provider, and what it answers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Charge:
    """Money to be taken once.

    `payment_id` is our own number of it, and comes back in the provider's events.
    `idempotency_key` is unique among all charges of all people, at most 200 characters long: a
    client's own key will not do. The same key always goes with the same other values.
    """

    payment_id: int
    amount_cents: int
    currency: str
    payment_method_token: str = field(repr=False)
    idempotency_key: str


class ChargeState(Enum):
    """What became of a charge."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"
    """The provider will say later, by an event; `find` tells it too."""
    NOT_MADE = "not_made"
    """The provider was never asked to take the money, and will not take it for this key."""


@dataclass(frozen=True, slots=True)
class ChargeResult:
    """What the provider says of a charge.

    `reference` is the provider's id. `decline_reason` is a short code that may be shown to the
    person, such as `card_declined`, and there only when the charge was declined.
    """

    state: ChargeState
    reference: str | None
    decline_reason: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """What the provider told us without being asked; may come twice, late, and in any order.

    The charge is the one that has both this `payment_id` and this `idempotency_key`. Those and
    `result` are None for an event that does not concern a charge of ours.
    """

    id: str
    occurred_at: datetime
    payment_id: int | None = None
    idempotency_key: str | None = None
    result: ChargeResult | None = None
