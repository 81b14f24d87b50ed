"""Setting what a company pays, and with what."""

import re
from datetime import date, datetime

from clients.payments.minimum import least_charge_cents
from clients.payments.provider import CustomerAccounts, PaymentMethodRefused
from clients.payments.records import CUSTOMER_MISSING, Owner, OwnerKind
from db.database import Database
from db.queries.enterprise import company_billing, company_payments

_CURRENCY = re.compile("[A-Z]{3}", re.ASCII)


class InvalidTerms(ValueError):
    """The terms cannot be set."""


async def store_method(
    database: Database, provider: CustomerAccounts, account_id: int, token: str
) -> tuple[str, str]:
    """The company's customer, opened if there is none, and the method that it stores now.

    Raises `PaymentMethodRefused` and what the provider's methods raise.
    """
    async with database.read_primary() as connection:
        terms = await company_billing.terms_of(connection, account_id)
    if terms is not None:
        try:
            return terms["customer"], await provider.store_method(terms["customer"], token)
        except PaymentMethodRefused as refused:
            if refused.reason != CUSTOMER_MISSING:
                raise
    customer = await provider.open_customer(Owner(OwnerKind.COMPANY, account_id))
    return customer, await provider.store_method(customer, token)


async def set_terms(
    database: Database,
    account_id: int,
    *,
    currency: str,
    prices_cents: tuple[int, int],
    customer: str,
    payment_method: str,
    starts_on: date,
    now: datetime,
) -> None:
    """Set the prices, of a month and of a request over the contract, and who pays with what.

    What the company owes is charged to the method at once. Raises `InvalidTerms`; requests before
    the first day of the month `starts_on` are not billed.
    """
    if not _CURRENCY.fullmatch(currency) or starts_on.day != 1:
        raise InvalidTerms("a currency has three capitals, and billing begins with a month")
    monthly_price_cents, overage_price_cents = prices_cents
    if 0 < monthly_price_cents < least_charge_cents(currency):
        raise InvalidTerms(f"{monthly_price_cents} cents {currency} are too little to be charged")
    async with database.begin() as transaction:
        await company_billing.set_terms(
            transaction,
            account_id,
            currency=currency,
            monthly_price_cents=monthly_price_cents,
            overage_price_cents=overage_price_cents,
            customer=customer,
            payment_method=payment_method,
            starts_on=starts_on,
        )
        await company_payments.charge_pending(transaction, account_id, now)
        await company_payments.charge_uncollectible(transaction, account_id, now)
