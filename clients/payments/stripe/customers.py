"""Stripe's customers, their payment methods, and sessions of its portal."""

import stripe
from stripe import StripeClient

from clients.payments.provider import CustomerMissing, PaymentMethodRefused
from clients.payments.records import CUSTOMER_MISSING, Owner
from clients.payments.stripe.failures import (
    is_about_a_missing_customer,
    is_about_the_payment_method,
)
from clients.payments.stripe.intents import INVALID_PAYMENT_METHOD, declined


async def open_customer(client: StripeClient, owner: Owner) -> str:
    """The reference of the owner's customer, the same for at least 24 hours.

    One that was made before may be deleted by now: then another one follows it.
    """
    key = f"customer:{owner.key}"
    while True:
        customer = await client.v1.customers.create_async(
            {"metadata": {"owner": owner.key}}, {"idempotency_key": key}
        )
        if not (_is_repeated(customer) and await _is_deleted(client, customer.id)):
            return customer.id
        key = f"customer:{owner.key}:after:{customer.id}"


def _is_repeated(customer: stripe.Customer) -> bool:
    """Whether Stripe has answered this before: the answer is as old as its key."""
    response = customer.last_response
    return response is not None and response.headers.get("idempotent-replayed") == "true"


async def _is_deleted(client: StripeClient, customer: str) -> bool:
    found = await client.v1.customers.retrieve_async(customer)
    return bool(found.to_dict().get("deleted"))


async def attach(client: StripeClient, customer: str, token: str) -> str:
    """Attach a payment method to a customer; raises `PaymentMethodRefused`.

    Attaching it again to the same customer changes nothing.
    """
    try:
        method = await client.v1.payment_methods.attach_async(token, {"customer": customer})
    except stripe.CardError as error:
        decline_code = error.error.decline_code if error.error else None
        reason = declined(None, error.code, decline_code).decline_reason
        raise PaymentMethodRefused(reason or INVALID_PAYMENT_METHOD) from None
    except stripe.InvalidRequestError as error:
        if is_about_a_missing_customer(error):
            raise PaymentMethodRefused(CUSTOMER_MISSING) from None
        if not is_about_the_payment_method(error):
            raise
        raise PaymentMethodRefused(INVALID_PAYMENT_METHOD) from None
    return method.id


async def delete(client: StripeClient, customer: str) -> None:
    """Delete a customer; one that is deleted already stays so."""
    try:
        await client.v1.customers.delete_async(customer)
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise


async def portal_url(client: StripeClient, customer: str, return_url: str) -> str:
    """The address of a new session of the portal; raises `CustomerMissing`."""
    try:
        session = await client.v1.billing_portal.sessions.create_async(
            {"customer": customer, "return_url": return_url}
        )
    except stripe.InvalidRequestError as error:
        if is_about_a_missing_customer(error):
            raise CustomerMissing("the customer was deleted") from None
        raise
    return session.url
