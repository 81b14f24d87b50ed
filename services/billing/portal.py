"""Links to the payment provider's own pages."""

from urllib.parse import urlsplit

from clients.payments.provider import PaymentProviderRefused, PaymentProviderUnavailable
from services.billing.customers import Customers
from services.mutations.refusals import Conflict, InvalidInput
from services.mutations.texts import is_short_text
from services.throttling.concurrency import slot_released

_LONGEST_URL = 2_000
_LOCAL = {"localhost", "127.0.0.1", "::1"}


class PortalService:
    """Gives people a link to the provider's pages, where they manage what it stores of them."""

    def __init__(self, customers: Customers) -> None:
        self._customers = customers

    async def link(self, user_id: int, return_url: str) -> str:
        """A link for one use, which leads back to `return_url`.

        Raises `PersonUnknown`, `InvalidInput`, and `Conflict` while the provider does not answer.
        """
        _check_url(return_url)
        try:
            async with slot_released():
                return await self._customers.portal_url(user_id, return_url)
        except (PaymentProviderUnavailable, PaymentProviderRefused):
            raise Conflict(
                "The payment provider gives no link now; ask again.", retry_after_seconds=5
            ) from None


def _check_url(text: str) -> None:
    """Raise `InvalidInput` unless this is an address that a person may be sent back to."""
    try:
        url = urlsplit(text) if is_short_text(text, _LONGEST_URL) and text.isascii() else None
        is_safe = url is not None and (
            url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOCAL)
        )
        has_host = url is not None and bool(url.hostname) and url.username is None
    except ValueError:
        is_safe = has_host = False
    if not (is_safe and has_host) or " " in text or "\\" in text:
        raise InvalidInput("This is not an address that begins with https://.", field="returnUrl")
