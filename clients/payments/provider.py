"""What billing may ask of a payment provider."""

from typing import Protocol

from clients.payments.records import Charge, ChargeResult, PaymentEvent


class PaymentProviderUnavailable(Exception):
    """The outcome is not known, and money may have been taken: ask `find` later."""


class PaymentProviderRefused(Exception):
    """The provider does not accept our request as such: an operator has to look.

    That is no decline: the key of the API, its permissions or our request are wrong. What became
    of the charge can be found out when that has been set right.
    """


class PaymentProvider(Protocol):
    """Takes money, and tells what became of it.

    `charge` and `find` raise `PaymentProviderUnavailable` and `PaymentProviderRefused`, and end
    within the configured time.
    """

    async def charge(self, charge: Charge) -> ChargeResult:
        """Take the money, unless it was taken before for the same key.

        May be repeated with the same key for 24 hours; after that, only `find` is safe.
        """

    async def find(self, charge: Charge) -> ChargeResult:
        """What became of a charge, however long ago; never takes money.

        A charge that was not made is closed: a `charge` with its key that is still on its way, or
        comes later, takes nothing either. So `NOT_MADE` is final.
        """

    def read_event(self, body: bytes, signature_header: str) -> PaymentEvent | None:
        """The event in a webhook's raw body; None for one that says nothing of a charge.

        Raises `InvalidWebhook` unless it is authentic.
        """
