"""Translating errors of Stripe's library into the Protocol's errors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import stripe

from clients.payments.provider import PaymentProviderRefused, PaymentProviderUnavailable
from clients.payments.stripe.intents import UnknownIntent

_TEMPORARY_STATUSES = {408, 409, 429}
_REFUSAL_CLASSES = {3, 4}


@asynccontextmanager
async def translate_errors(*, timeout_seconds: float) -> AsyncIterator[None]:
    """Raise the Protocol's errors for whatever fails in the block, or for a time-out."""
    try:
        async with asyncio.timeout(timeout_seconds):
            yield
    except TimeoutError:
        message = f"Stripe did not answer within {timeout_seconds} seconds"
        raise PaymentProviderUnavailable(message) from None
    except UnknownIntent as error:
        raise PaymentProviderUnavailable(f"Stripe answered with {error}") from None
    except stripe.StripeError as error:
        raise _translated(error) from None


def is_about_the_payment_method(error: stripe.InvalidRequestError) -> bool:
    """Whether a confirmation failed because of the token: unknown, used, or of another kind.

    For a token that was used before, Stripe returns neither a code nor a parameter; for an invalid
    request of ours it always returns one of them.
    """
    if error.code is None:
        return error.param in {None, "payment_method"}
    return (
        error.param == "payment_method"
        or error.code.startswith("payment_method_")
        or error.code == "payment_intent_incompatible_payment_method"
    )


def is_about_a_missing_customer(error: stripe.InvalidRequestError) -> bool:
    """Whether Stripe does not know the customer, or not any more."""
    return error.code == "resource_missing" and error.param == "customer"


def _translated(error: stripe.StripeError) -> PaymentProviderRefused | PaymentProviderUnavailable:
    """The Protocol's error; its message contains only codes of Stripe's, no text."""
    status = error.http_status
    code = error.error.code if error.error else None
    details = f"{type(error).__name__}, status {status}, code {code}, request {error.request_id}"
    if status is None or status in _TEMPORARY_STATUSES or status // 100 not in _REFUSAL_CLASSES:
        return PaymentProviderUnavailable(f"Stripe: {details}")
    return PaymentProviderRefused(f"Stripe: {details}")
