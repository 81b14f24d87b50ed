"""What the failures of Stripe's library mean."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import stripe

from clients.payments.intents import UnknownIntent
from clients.payments.provider import PaymentProviderRefused, PaymentProviderUnavailable

_MAY_PASS = {408, 409, 429}
_CLASSES_OF_REFUSALS = {3, 4}


@asynccontextmanager
async def answered(within_seconds: float) -> AsyncIterator[None]:
    """Turn whatever keeps the block from an answer into one of the Protocol's errors."""
    try:
        async with asyncio.timeout(within_seconds):
            yield
    except TimeoutError:
        message = f"Stripe did not answer within {within_seconds} seconds"
        raise PaymentProviderUnavailable(message) from None
    except UnknownIntent as error:
        raise PaymentProviderUnavailable(f"Stripe answered with {error}") from None
    except stripe.StripeError as error:
        raise _ours(error) from None


def is_about_the_payment_method(error: stripe.InvalidRequestError) -> bool:
    """Whether a confirmation failed for the token: it is unknown, used up, or of another kind.

    Of a token that was used before, Stripe names neither a code nor a parameter. What is wrong with
    a request of ours always has one of them.
    """
    if error.code is None:
        return error.param in {None, "payment_method"}
    return (
        error.param == "payment_method"
        or error.code.startswith("payment_method_")
        or error.code == "payment_intent_incompatible_payment_method"
    )


def _ours(error: stripe.StripeError) -> PaymentProviderRefused | PaymentProviderUnavailable:
    """The Protocol's error; its message holds nothing of what Stripe wrote but codes."""
    status = error.http_status
    code = error.error.code if error.error else None
    told = f"{type(error).__name__}, status {status}, code {code}, request {error.request_id}"
    if status is None or status in _MAY_PASS or status // 100 not in _CLASSES_OF_REFUSALS:
        return PaymentProviderUnavailable(f"Stripe: {told}")
    return PaymentProviderRefused(f"Stripe: {told}")
