"""Setting what a company pays."""

import re
from datetime import date

from db.database import Database
from db.queries.enterprise import company_billing

_CURRENCY = re.compile("[A-Z]{3}", re.ASCII)


class InvalidTerms(ValueError):
    """The terms cannot be set."""


async def set_terms(
    database: Database,
    account_id: int,
    *,
    currency: str,
    prices_cents: tuple[int, int],
    customer: str,
    payment_method: str,
    starts_on: date,
) -> None:
    """Set the prices, of a month and of a request over the contract, and who pays with what.

    Raises `InvalidTerms`; requests before the first day of the month `starts_on` are not billed.
    """
    if not _CURRENCY.fullmatch(currency) or starts_on.day != 1:
        raise InvalidTerms("a currency has three capitals, and billing begins with a month")
    monthly_price_cents, overage_price_cents = prices_cents
    async with database.read_primary() as connection:
        await company_billing.set_terms(
            connection,
            account_id,
            currency=currency,
            monthly_price_cents=monthly_price_cents,
            overage_price_cents=overage_price_cents,
            customer=customer,
            payment_method=payment_method,
            starts_on=starts_on,
        )
