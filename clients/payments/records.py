"""Charges, refunds, customers, metered use, and the events of a payment provider."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

CUSTOMER_MISSING = "customer_missing"
"""The decline reason where the provider does not know the customer, or not any more."""


class OwnerKind(Enum):
    """Who can have charges at the provider."""

    PERSON = "person"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Owner:
    """The person or the company that a charge or a customer is of; `id` is our own."""

    kind: OwnerKind
    id: int

    @property
    def key(self) -> str:
        """A text for this owner alone."""
        return f"{self.kind.value}:{self.id}"


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount of money to be charged once.

    `payment_id` is our own id, which the provider's events return together with the `owner`.
    `idempotency_key` must be unique among all charges of all people, so a client's own key is not
    enough; it has at most 200 characters. The same key always comes with the same other values.
    The token is of a new payment method, or the reference of one that the `customer` stored. With
    `is_off_session` nobody is there to confirm it; `allows_action` says whether somebody can later.
    """

    payment_id: int
    amount_cents: int
    currency: str
    payment_method_token: str = field(repr=False)
    idempotency_key: str
    owner: Owner | None = field(default=None, kw_only=True)
    customer: str | None = field(default=None, kw_only=True)
    is_off_session: bool = field(default=False, kw_only=True)
    allows_action: bool = field(default=False, kw_only=True)


class ChargeState(Enum):
    """The states of a charge."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"
    """The result comes later, in an event; `find` returns it too."""
    REQUIRES_ACTION = "requires_action"
    """The person must confirm it with the `client_secret`; the result comes later."""
    NOT_MADE = "not_made"
    """The provider was never asked to charge, and will not charge for this key."""


@dataclass(frozen=True, slots=True)
class ChargeResult:
    """The state of a charge at the provider.

    `reference` is the provider's id. `decline_reason` is a short code for a declined charge that
    may be shown to the person, such as `card_declined`. `payment_method` is the reference of the
    method that a charge with a customer has stored. `tax_cents` are the part of the amount that is
    tax, as the provider computed it.
    """

    state: ChargeState
    reference: str | None
    decline_reason: str | None = None
    client_secret: str | None = field(default=None, repr=False, kw_only=True)
    payment_method: str | None = field(default=None, repr=False, kw_only=True)
    tax_cents: int = field(default=0, kw_only=True)


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """An event from the provider; it may come twice, late, and in any order.

    Its charge is the one with both this `payment_id` and this `idempotency_key`; `owner` is None
    for charges of earlier versions. All of them are None if the event is about no charge of ours.
    """

    id: str
    occurred_at: datetime
    payment_id: int | None = None
    idempotency_key: str | None = None
    result: ChargeResult | None = None
    owner: Owner | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """What a customer is to pay, tax included; the same key always comes with the same values."""

    customer: str
    amount_cents: int
    currency: str
    key: str


class RefundState(Enum):
    """The states of a refund."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    FAILED = "failed"
    """The money cannot be sent back this way; an operator has to."""


@dataclass(frozen=True, slots=True)
class Refund:
    """A part of a charge, or all of it, to be given back once; the key is like a charge's."""

    charge_reference: str
    amount_cents: int
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class RefundResult:
    """The state of a refund, and its id at the provider."""

    state: RefundState
    reference: str


@dataclass(frozen=True, slots=True)
class RefundEvent:
    """What became of a refund: the key and the amount of the order, and its result."""

    idempotency_key: str
    charge_reference: str
    amount_cents: int
    result: RefundResult


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """Units that a customer has used, reported once for each `identifier`."""

    identifier: str
    customer: str
    quantity: int
    occurred_at: datetime
