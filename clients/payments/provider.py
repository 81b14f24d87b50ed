"""The Protocol of payment providers, and its errors."""

from typing import Protocol

from clients.payments.records import Charge, ChargeResult, PaymentEvent


class PaymentProviderUnavailable(Exception):
    """The result is unknown, and money may have been taken: call `find` later."""


class PaymentProviderRefused(Exception):
    """The provider rejects our request itself: an operator has to act.

    This is not a decline: the API key, its permissions or our request are wrong. Once that is
    fixed, `find` returns the result of the charge.
    """


class PaymentProvider(Protocol):
    """Charges money, and looks up the results of charges.

    `charge` and `find` raise `PaymentProviderUnavailable` and `PaymentProviderRefused`, and end
    within the configured time.
    """

    async def charge(self, charge: Charge) -> ChargeResult:
        """Charge the money, unless it was charged before for the same key.

        It may be repeated with the same key for 24 hours; after that, only `find` is safe.
        """

    async def find(self, charge: Charge) -> ChargeResult:
        """The result of a charge, however old; never takes money.

        A charge that was not made is cancelled: a `charge` with its key that is still in flight or
        comes later takes nothing. So `NOT_MADE` is final.
        """

    def read_event(self, body: bytes, signature_header: str) -> PaymentEvent | None:
        """The event in a webhook's raw body; None if it is of a kind that is not about a charge.

        Raises `InvalidWebhook` if the signature or the body is not valid.
        """
