"""Payments through Stripe.

A charge takes two requests: one creates a payment intent, which takes no money, and one confirms
it. docs/decisions/0006 says why, and how that makes `find` exact.
"""

from collections.abc import Sequence
from datetime import datetime

import stripe
from stripe import StripeClient
from stripe.params import PaymentIntentConfirmParams, PaymentIntentCreateParams

from clients.payments.minimum import AMOUNT_TOO_SMALL
from clients.payments.provider import PaymentProviderRefused
from clients.payments.records import (
    CUSTOMER_MISSING,
    Charge,
    ChargeResult,
    ChargeState,
    Owner,
    PaymentEvent,
    Refund,
    RefundEvent,
    RefundResult,
    Sale,
    UsageEvent,
)
from clients.payments.stripe import customers, history, meters, refunds, tax
from clients.payments.stripe.failures import (
    is_about_a_missing_customer,
    is_about_the_payment_method,
    translate_errors,
)
from clients.payments.stripe.intents import (
    AUTHENTICATION_REQUIRED,
    INVALID_PAYMENT_METHOD,
    Intent,
    declined,
    is_of_charge,
    metadata_of,
    result_of,
)
from clients.payments.stripe.transport import StripeTransport
from clients.payments.webhook import WebhookReader

API_VERSION = "2026-10-28.endive"
"""What requests and answers mean: changed by us, and not by an update of the library."""
RETRIES = 2
"""Retries of one request, made by the library after temporary failures."""


class CannotBeMade(Exception):
    """Stripe will not make an intent for the charge, for a reason that may be shown."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StripeProvider:
    """A `FullProvider` that calls Stripe at `base_url`.

    A call ends within `timeout_seconds`, retries included. `meter_id` is the meter that counts
    companies' use, and `computes_tax` says whether Stripe Tax is asked for the tax of each charge.
    """

    def __init__(
        self,
        transport: StripeTransport,
        webhooks: WebhookReader,
        *,
        api_key: str,
        base_url: str,
        timeout_seconds: float,
        meter: meters.Meter | None = None,
        computes_tax: bool = False,
    ) -> None:
        # Telemetry would write a machine id into the home directory and send it to Stripe.
        stripe.enable_telemetry = False
        client = StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": base_url.rstrip("/")},
            max_network_retries=RETRIES,
            http_client=transport,
        )
        self._client = client
        self._intents = client.v1.payment_intents
        self._meter = meter
        self._computes_tax = computes_tax
        self._webhooks = webhooks
        self._timeout_seconds = timeout_seconds

    async def charge(self, charge: Charge) -> ChargeResult:
        """Create an intent and confirm it; repeating a key returns the same result."""
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            try:
                id_ = await self._create(charge)
            except CannotBeMade as error:
                return declined(None, error.reason)
            return await self._confirm(charge, id_)

    async def find(self, charge: Charge) -> ChargeResult:
        """The result of the charge's intent; the intent is cancelled if it was not confirmed."""
        return await self._find(charge, {ChargeState.NOT_MADE})

    async def cancel(self, charge: Charge) -> ChargeResult:
        """Cancel the charge's intent, also while it waits for the person."""
        return await self._find(charge, {ChargeState.NOT_MADE, ChargeState.REQUIRES_ACTION})

    async def open_customer(self, owner: Owner) -> str:
        """Make a customer with the owner in its metadata, or find it by its key."""
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            return await customers.open_customer(self._client, owner)

    async def store_method(self, customer: str, token: str) -> str:
        """Attach a payment method to the customer; raises `PaymentMethodRefused`."""
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            return await customers.attach(self._client, customer, token)

    async def delete_customer(self, customer: str) -> None:
        """Delete the customer, and thereby detach their methods."""
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            await customers.delete(self._client, customer)

    async def portal_url(self, customer: str, return_url: str) -> str:
        """Make a session of the customer portal."""
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            return await customers.portal_url(self._client, customer, return_url)

    async def refund(self, refund: Refund) -> RefundResult:
        """Make a refund, unless the intent has one with this key."""
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            return await refunds.refund(self._client, refund)

    async def report(self, event: UsageEvent) -> None:
        """Make a meter event."""
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            await meters.report(self._client, self._meter, event)

    async def reported(self, customer: str, start: datetime, end: datetime) -> int:
        """Ask for the meter's summary."""
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            return await meters.reported(self._client, self._meter, customer, start, end)

    async def tax_cents(self, sale: Sale) -> int:
        """Ask Stripe Tax, if it is to be asked."""
        if not self._computes_tax:
            return 0
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            try:
                computed = await tax.computed(self._client, sale, sale.key)
            except tax.UnknownTaxLocation:
                raise PaymentProviderRefused(tax.UNKNOWN_LOCATION) from None
        return computed.tax_cents

    async def charges_since(self, instant: datetime) -> Sequence[PaymentEvent]:
        """List the intents created since then; each page has the whole time of a call."""
        return await history.charges_since(
            self._client, instant, timeout_seconds=self._timeout_seconds
        )

    async def refunds_since(self, instant: datetime) -> Sequence[RefundEvent]:
        """List the refunds made since then, like `charges_since`."""
        return await refunds.refunds_since(
            self._client, instant, timeout_seconds=self._timeout_seconds
        )

    def read_event(self, body: bytes, signature_header: str) -> PaymentEvent | RefundEvent | None:
        """The event in a webhook's raw body; raises `InvalidWebhook`."""
        return self._webhooks.read(body, signature_header)

    async def _find(self, charge: Charge, cancelled: set[ChargeState]) -> ChargeResult:
        """The result of the charge's intent, which is cancelled in one of these states."""
        async with translate_errors(timeout_seconds=self._timeout_seconds):
            try:
                id_ = await self._create(charge)
            except CannotBeMade as error:
                # It may have been possible when the key was new.
                return await self._earlier(charge, cancelled) or declined(None, error.reason)
            except stripe.IdempotencyError:
                # The charge was made for somebody whom we have forgotten since.
                earlier = await self._earlier(charge, cancelled)
                if earlier is None:
                    raise
                return earlier
            result = await self._retrieve(id_)
            if result.state in cancelled:
                result = await self._cancel(id_)
            if result.state is ChargeState.NOT_MADE:
                result = await self._earlier(charge, cancelled) or result
            return result

    async def _create(self, charge: Charge) -> str:
        """Create the charge's intent, or find it by its key; its id. Raises `CannotBeMade`."""
        try:
            return await self._ask_to_create(charge)
        except tax.UnknownTaxLocation:
            raise CannotBeMade(tax.UNKNOWN_LOCATION) from None
        except stripe.InvalidRequestError as error:
            if error.code == AMOUNT_TOO_SMALL:
                raise CannotBeMade(AMOUNT_TOO_SMALL) from None
            if is_about_a_missing_customer(error):
                raise CannotBeMade(CUSTOMER_MISSING) from None
            raise

    async def _ask_to_create(self, charge: Charge) -> str:
        params: PaymentIntentCreateParams = {
            "amount": charge.amount_cents,
            "currency": charge.currency.lower(),
            # We have no page to which a bank could redirect the person.
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": metadata_of(charge),
        }
        if charge.customer is not None:
            params["customer"] = charge.customer
        if self._computes_tax:
            computed = await tax.of_charge(self._client, charge)
            params["metadata"] = metadata_of(charge, tax_cents=computed.tax_cents)
            params["hooks"] = {"inputs": {"tax": {"calculation": computed.calculation}}}
        intent = await self._intents.create_async(
            params, {"idempotency_key": charge.idempotency_key}
        )
        return intent.id

    async def _confirm(self, charge: Charge, id_: str) -> ChargeResult:
        params: PaymentIntentConfirmParams = {"payment_method": charge.payment_method_token}
        if charge.is_off_session:
            params["off_session"] = True
        elif charge.customer is not None:
            params["setup_future_usage"] = "off_session"
        if not charge.allows_action:
            params["error_on_requires_action"] = True
        # Stripe rejects a key that was used for another kind of request.
        key = f"{charge.idempotency_key}:confirm"
        try:
            intent = await self._intents.confirm_async(id_, params, {"idempotency_key": key})
        except stripe.CardError as error:
            if charge.allows_action and error.code == AUTHENTICATION_REQUIRED:
                return await self._retrieve(id_)
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

    async def _earlier(self, charge: Charge, cancelled: set[ChargeState]) -> ChargeResult | None:
        """The result of an earlier intent of the charge, cancelled in one of these states."""
        found = await self._search(charge)
        if found is None or found.reference is None or found.state not in cancelled:
            return found
        return await self._cancel(found.reference)

    async def _search(self, charge: Charge) -> ChargeResult | None:
        """The result of an earlier intent of the charge, from before its key expired at Stripe."""
        query = f"metadata['payment_id']:'{charge.payment_id}'"
        found = await self._intents.search_async({"query": query, "limit": 100})
        intents: list[Intent] = [intent.to_dict() for intent in found.data]
        results = [result_of(intent) for intent in intents if is_of_charge(intent, charge)]
        made = (result for result in results if result.state is not ChargeState.NOT_MADE)
        return next(made, None)
