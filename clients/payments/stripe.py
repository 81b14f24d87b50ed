"""Payments through Stripe.

A charge takes two requests: one creates a payment intent, which takes no money, and one confirms
it. docs/decisions/0006 says why, and how that makes `find` exact.
"""

import stripe
from stripe import StripeClient
from stripe.params import PaymentIntentConfirmParams, PaymentIntentCreateParams

from clients.payments.failures import is_about_the_payment_method, translate_errors
from clients.payments.intents import (
    INVALID_PAYMENT_METHOD,
    Intent,
    charge_of_intent,
    declined,
    metadata_of,
    result_of,
)
from clients.payments.records import Charge, ChargeResult, ChargeState, PaymentEvent
from clients.payments.transport import StripeTransport
from clients.payments.webhook import WebhookReader

RETRIES = 2
"""Retries of one request, made by the library after temporary failures."""


class StripeProvider:
    """Calls Stripe at `base_url`; a call ends within `timeout_seconds`, retries included."""

    def __init__(
        self,
        transport: StripeTransport,
        webhooks: WebhookReader,
        *,
        api_key: str,
        base_url: str,
        timeout_seconds: float,
    ) -> None:
        # Telemetry would write a machine id into the home directory and send it to Stripe.
        stripe.enable_telemetry = False
        client = StripeClient(
            api_key,
            base_addresses={"api": base_url.rstrip("/")},
            max_network_retries=RETRIES,
            http_client=transport,
        )
        self._intents = client.v1.payment_intents
        self._webhooks = webhooks
        self._timeout_seconds = timeout_seconds

    async def charge(self, charge: Charge) -> ChargeResult:
        """Create an intent and confirm it; repeating a key returns the same result."""
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            return await self._confirm(charge, await self._create(charge))

    async def find(self, charge: Charge) -> ChargeResult:
        """The result of the charge's intent; the intent is cancelled if it was not confirmed."""
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            id_ = await self._create(charge)
            result = await self._retrieve(id_)
            if result.state is ChargeState.NOT_MADE:
                result = await self._cancel(id_)
            if result.state is ChargeState.NOT_MADE:
                result = await self._search(charge) or result
            return result

    def read_event(self, body: bytes, signature_header: str) -> PaymentEvent | None:
        """The event in a webhook's raw body; raises `InvalidWebhook`."""
        return self._webhooks.read(body, signature_header)

    async def _create(self, charge: Charge) -> str:
        """Create the charge's intent, or find it by its key, and return its id."""
        params: PaymentIntentCreateParams = {
            "amount": charge.amount_cents,
            "currency": charge.currency.lower(),
            # We have no page to which a bank could redirect the person.
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": metadata_of(charge),
        }
        intent = await self._intents.create_async(
            params, {"idempotency_key": charge.idempotency_key}
        )
        return intent.id

    async def _confirm(self, charge: Charge, id_: str) -> ChargeResult:
        params: PaymentIntentConfirmParams = {
            "payment_method": charge.payment_method_token,
            "error_on_requires_action": True,
        }
        # Stripe rejects a key that was used for another kind of request.
        key = f"{charge.idempotency_key}:confirm"
        try:
            intent = await self._intents.confirm_async(id_, params, {"idempotency_key": key})
        except stripe.CardError as error:
            decline_code = error.error.decline_code if error.error else None
            return declined(id_, error.code, decline_code)
        except stripe.InvalidRequestError as error:
            if is_about_the_payment_method(error):
                return declined(id_, INVALID_PAYMENT_METHOD)
            return await self._retrieve_if_changed(id_, error)
        return result_of(intent.to_dict())

    async def _retrieve(self, id_: str) -> ChargeResult:
        return result_of((await self._intents.retrieve_async(id_)).to_dict())

    async def _cancel(self, id_: str) -> ChargeResult:
        """Cancel the intent, unless it was confirmed in the meantime."""
        try:
            intent = await self._intents.cancel_async(id_)
        except stripe.InvalidRequestError as error:
            return await self._retrieve_if_changed(id_, error)
        return result_of(intent.to_dict())

    async def _retrieve_if_changed(
        self, id_: str, error: stripe.InvalidRequestError
    ) -> ChargeResult:
        """The result of the intent, if the error says that its state has changed."""
        if error.code != "payment_intent_unexpected_state":
            raise error
        return await self._retrieve(id_)

    async def _search(self, charge: Charge) -> ChargeResult | None:
        """The result of an earlier intent of the charge, from before its key expired at Stripe."""
        query = f"metadata['payment_id']:'{charge.payment_id}'"
        found = await self._intents.search_async({"query": query, "limit": 100})
        intents: list[Intent] = [intent.to_dict() for intent in found.data]
        ids = charge.payment_id, charge.idempotency_key
        results = [result_of(intent) for intent in intents if charge_of_intent(intent) == ids]
        made = (result for result in results if result.state is not ChargeState.NOT_MADE)
        return next(made, None)
