"""The tax of a charge, computed by Stripe Tax as a part of its amount."""

from dataclasses import dataclass

import stripe
from stripe import StripeClient
from stripe.params.tax import CalculationCreateParams

from clients.payments.records import Charge

UNKNOWN_LOCATION = "tax_location_unknown"
_REFUSED = "customer_tax_location_invalid"


class UnknownTaxLocation(Exception):
    """The customer has no address that taxes could be computed for."""


@dataclass(frozen=True, slots=True)
class ComputedTax:
    """The cents of a charge that are tax, and the calculation to be recorded with its intent."""

    tax_cents: int
    calculation: str


async def computed(client: StripeClient, charge: Charge) -> ComputedTax:
    """Compute the tax, the same for the same charge; raises `UnknownTaxLocation`.

    https://docs.stripe.com/tax/payment-intent
    """
    if charge.customer is None:
        raise UnknownTaxLocation
    params: CalculationCreateParams = {
        "currency": charge.currency.lower(),
        "customer": charge.customer,
        "line_items": [
            {
                "amount": charge.amount_cents,
                "reference": f"payment {charge.payment_id}",
                "tax_behavior": "inclusive",
            }
        ],
    }
    try:
        calculation = await client.v1.tax.calculations.create_async(
            params, {"idempotency_key": f"{charge.idempotency_key}:tax"}
        )
    except stripe.InvalidRequestError as error:
        if error.code != _REFUSED:
            raise
        raise UnknownTaxLocation from None
    return ComputedTax(calculation.tax_amount_inclusive, calculation.id or "")
