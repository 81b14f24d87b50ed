"""A provider that takes no money and decides by the token; what runs when nothing is configured."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

from clients.payments.intents import CARD_DECLINED, INVALID_PAYMENT_METHOD, declined
from clients.payments.provider import PaymentProviderUnavailable
from clients.payments.records import Charge, ChargeResult, ChargeState, PaymentEvent
from clients.payments.webhook import WebhookReader

OK, DECLINED, TIMEOUT, SLOW = (
    "pm_card_ok",
    "pm_card_declined",
    "pm_card_timeout",
    "pm_card_slow",
)
SLOW_SECONDS = 3


@dataclass(frozen=True, slots=True)
class SandboxProvider:
    """Keeps nothing: what became of a charge follows from the charge.

    So every process says the same of a key, also after a restart. As there is no record, `find`
    says of a charge that was never made what would have become of it.
    """

    webhooks: WebhookReader
    sleep: Callable[[float], Awaitable[None]]

    async def charge(self, charge: Charge) -> ChargeResult:
        """Decide by the token; a timeout leaves the outcome to be found out."""
        if charge.payment_method_token == TIMEOUT:
            raise PaymentProviderUnavailable("the sandbox was asked not to answer")
        if charge.payment_method_token == SLOW:
            await self.sleep(SLOW_SECONDS)
        return _result(charge)

    async def find(self, charge: Charge) -> ChargeResult:
        """What became of the charge; of one that timed out, that it succeeded."""
        return _result(charge)

    def read_event(self, body: bytes, signature_header: str) -> PaymentEvent | None:
        """The event in a webhook signed like Stripe's; raises `InvalidWebhook`."""
        return self.webhooks.read(body, signature_header)


def _result(charge: Charge) -> ChargeResult:
    reference = f"sandbox_{sha256(charge.idempotency_key.encode()).hexdigest()[:24]}"
    if charge.payment_method_token in {OK, TIMEOUT, SLOW}:
        return ChargeResult(ChargeState.SUCCEEDED, reference)
    is_known = charge.payment_method_token == DECLINED
    return declined(reference, CARD_DECLINED if is_known else INVALID_PAYMENT_METHOD)
