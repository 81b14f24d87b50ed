"""The Protocols of payment providers, one for each thing they do, and their errors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from clients.payments.records import (
    Charge,
    ChargeResult,
    Owner,
    PaymentEvent,
    Refund,
    RefundEvent,
    RefundResult,
    Sale,
    UsageEvent,
)


class PaymentProviderUnavailable(Exception):
    """The result is unknown, and money may have been taken: call `find` later."""


class PaymentProviderRefused(Exception):
    """The provider rejects our request itself: an operator has to act.

    This is not a decline: the API key, its permissions or our request are wrong. Once that is
    fixed, `find` returns the result of the charge.
    """


class CustomerMissing(PaymentProviderRefused):
    """The provider does not know the customer, or not any more: another has to be opened."""


class PaymentMethodRefused(Exception):
    """The provider cannot store this payment method; `reason` may be shown to the person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PaymentProvider(Protocol):
    """Charges money, and looks up the results of charges.

    Its methods raise `PaymentProviderUnavailable` and `PaymentProviderRefused`, and end within the
    configured time; so do those of the Protocols below.
    """

    async def charge(self, charge: Charge) -> ChargeResult:
        """Charge the money, unless it was charged before for the same key.

        It may be repeated with the same key for 24 hours; after that, only `find` is safe.
        """

    async def find(self, charge: Charge) -> ChargeResult:
        """The result of a charge, however old; never takes money.

        A charge that was not made is cancelled: a `charge` with its key that is still in flight or
        comes later takes nothing. So `NOT_MADE` is final. One that waits for the person stays open.
        """

    async def cancel(self, charge: Charge) -> ChargeResult:
        """Give up a charge that waits for the person, or was not made.

        `NOT_MADE`, or what it has come to if it is too late.
        """

    def read_event(self, body: bytes, signature_header: str) -> PaymentEvent | RefundEvent | None:
        """The event in a webhook's raw body; None if it is of a kind that is not about our money.

        Raises `InvalidWebhook` if the signature or the body is not valid.
        """


class CustomerAccounts(Protocol):
    """Keeps customers and their payment methods, for charges without the person."""

    async def open_customer(self, owner: Owner) -> str:
        """The reference of the owner's customer, which is made if there is none, or none any more.

        It may be a new one if the first is older than 24 hours: the caller stores it.
        """

    async def store_method(self, customer: str, token: str) -> str:
        """Store a payment method, and return its reference; raises `PaymentMethodRefused`.

        Its reason is `CUSTOMER_MISSING` where the customer is not known.
        """

    async def delete_customer(self, customer: str) -> None:
        """Forget a customer and their methods, if that was not done before."""

    async def portal_url(self, customer: str, return_url: str) -> str:
        """A link to the provider's own page for the customer: for one use, within minutes.

        Raises `CustomerMissing`.
        """


class Refunds(Protocol):
    """Gives money back."""

    async def refund(self, refund: Refund) -> RefundResult:
        """Give a part of a charge back, unless that was done before for the same key.

        However old: earlier refunds of the charge are looked through. Raises
        `PaymentProviderRefused` where more than the charge would be given back.
        """


class UsageMeter(Protocol):
    """Counts what customers use."""

    async def report(self, event: UsageEvent) -> None:
        """Count an event, unless its identifier was counted within the last 24 hours.

        It counts for the time at which it occurred, which is less than `OLDEST_USAGE` ago.
        """

    async def reported(self, customer: str, start: datetime, end: datetime) -> int:
        """The units counted from `start` to before `end`, which are whole minutes.

        What was reported within the last minutes may be missing.
        """


class TaxComputation(Protocol):
    """Computes taxes."""

    async def tax_cents(self, sale: Sale) -> int:
        """The part of an amount that is tax.

        Raises `PaymentProviderRefused` also where the customer has no address to compute it for.
        """


class ChargeHistory(Protocol):
    """Says what became of all charges."""

    async def charges_since(self, instant: datetime) -> Sequence[PaymentEvent]:
        """An event for each charge of ours that was begun since `instant`, as it stands now."""

    async def refunds_since(self, instant: datetime) -> Sequence[RefundEvent]:
        """Each refund of ours that was begun since `instant`, as it stands now."""


class FullProvider(
    PaymentProvider,
    CustomerAccounts,
    Refunds,
    UsageMeter,
    TaxComputation,
    ChargeHistory,
    Protocol,
):
    """Everything that we ask of a provider."""
