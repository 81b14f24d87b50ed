"""The sandbox: a provider without real money, used if none is configured; the token decides."""

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
    """Stateless: the result of a charge is derived from the charge itself.

    So every process returns the same result for a key, also after a restart. For a charge that was
    never made, `find` returns the result that it would have had.
    """

    webhooks: WebhookReader
    sleep: Callable[[float], Awaitable[None]]

    async def charge(self, charge: Charge) -> ChargeResult:
        """Decide by the token; after a time-out the result has to be looked up."""
        if charge.payment_method_token == TIMEOUT:
            raise PaymentProviderUnavailable("the sandbox was asked not to answer")
        if charge.payment_method_token == SLOW:
            await self.sleep(SLOW_SECONDS)
        return _result(charge)

    async def find(self, charge: Charge) -> ChargeResult:
        """The result of the charge; one that timed out has succeeded."""
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
