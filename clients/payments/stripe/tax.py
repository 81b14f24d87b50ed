"""The tax of a charge, computed by Stripe Tax as a part of its amount."""

from dataclasses import dataclass

import stripe
from stripe import StripeClient
from stripe.params.tax import CalculationCreateParams

from clients.payments.records import Charge, Sale

UNKNOWN_LOCATION = "tax_location_unknown"
_REFUSED = "customer_tax_location_invalid"


class UnknownTaxLocation(Exception):
    """The customer has no address that taxes could be computed for."""


@dataclass(frozen=True, slots=True)
class ComputedTax:
    """The cents of a charge that are tax, and the calculation to be recorded with its intent."""

    tax_cents: int
    calculation: str


async def of_charge(client: StripeClient, charge: Charge) -> ComputedTax:
    """The tax of a charge; raises `UnknownTaxLocation`."""
    if charge.customer is None:
        raise UnknownTaxLocation
    sale = Sale(charge.customer, charge.amount_cents, charge.currency, charge.idempotency_key)
    return await computed(client, sale, f"payment {charge.payment_id}")


async def computed(client: StripeClient, sale: Sale, reference: str) -> ComputedTax:
    """Compute the tax, the same for the same sale; raises `UnknownTaxLocation`.

    https://docs.stripe.com/tax/payment-intent
    """
    params: CalculationCreateParams = {
        "currency": sale.currency.lower(),
        "customer": sale.customer,
        "line_items": [
            {"amount": sale.amount_cents, "reference": reference, "tax_behavior": "inclusive"}
        ],
    }
    try:
        calculation = await client.v1.tax.calculations.create_async(
            params, {"idempotency_key": f"{sale.key}:tax"}
        )
    except stripe.InvalidRequestError as error:
        if error.code != _REFUSED:
            raise
        raise UnknownTaxLocation from None
    return ComputedTax(calculation.tax_amount_inclusive, calculation.id or "")
