"""`guidance billing audit`, `reconcile` and `terms`: the books beside the provider's."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import click

from app.authentication.claims import LARGEST_ID
from app.cli.database import with_database
from app.composition.billing import Billing, open_billing
from app.settings import load_settings
from clients.payments.provider import (
    PaymentMethodRefused,
    PaymentProviderRefused,
    PaymentProviderUnavailable,
)
from db.database import Database
from services.billing.reconciliation import reconcile_charges, reconcile_refunds
from services.clock import system_clock
from services.enterprise.billing.audit import audit_overage
from services.enterprise.billing.metering import MeterEventSender
from services.enterprise.billing.terms import InvalidTerms, set_terms, store_method
from services.invoicing.audit import audit_invoices

T = TypeVar("T")
_MOST_CENTS = 10**9


@click.command()
def audit() -> None:
    """Compare ledger, events, meter and invoices, to the unit."""

    async def run(database: Database, parts: Billing) -> list[str]:
        return [
            *await audit_invoices(database),
            *await audit_overage(database, parts.provider, clock=system_clock),
        ]

    found = _with_billing(run)
    for sentence in found:
        click.echo(sentence, err=True)
    if found:
        raise click.ClickException(f"{len(found)} differences")
    click.echo("Ledger, events, meter and invoices are equal to the unit.")


@click.command()
@click.option(
    "--days",
    type=click.IntRange(1, 400),
    default=3,
    show_default=True,
    help="Charges begun within so many days are looked at.",
)
def reconcile(days: int) -> None:
    """Mend what the provider's webhooks never told."""

    async def run(database: Database, parts: Billing) -> tuple[int, int, int]:
        charges = await reconcile_charges(
            parts.provider, parts.events, since=timedelta(days=days), clock=system_clock
        )
        refunds = await reconcile_refunds(parts.provider, parts.events, clock=system_clock)
        sender = MeterEventSender(database, parts.provider, clock=system_clock)
        return charges, refunds, await sender.reconcile()

    charges, refunds, events = _with_billing(run)
    click.echo(
        f"{charges} charges and {refunds} refunds were compared, "
        f"and {events} events of use settled."
    )


@click.command()
@click.option(
    "--account-id", type=click.IntRange(1, LARGEST_ID), required=True, help="The company."
)
@click.option("--currency", default="EUR", show_default=True, help="ISO 4217; it stays as it is.")
@click.option("--monthly-cents", type=click.IntRange(0, _MOST_CENTS), default=0, show_default=True)
@click.option("--overage-cents", type=click.IntRange(0, _MOST_CENTS), required=True)
@click.option("--method", required=True, help="The token of the company's payment method.")
@click.option(
    "--from", "first_day", type=click.DateTime(["%Y-%m-%d"]), help="The first month's first day."
)
def terms(
    account_id: int,
    currency: str,
    monthly_cents: int,
    overage_cents: int,
    method: str,
    first_day: datetime | None,
) -> None:
    """Set what a company pays for months and overage."""
    starts_on = (first_day.date() if first_day else system_clock().date()).replace(day=1)

    async def run(database: Database, parts: Billing) -> None:
        customer, stored = await store_method(database, parts.provider, account_id, method)
        await set_terms(
            database,
            account_id,
            currency=currency,
            prices_cents=(monthly_cents, overage_cents),
            customer=customer,
            payment_method=stored,
            starts_on=starts_on,
            now=system_clock(),
        )

    _with_billing(run)
    click.echo(f"Company {account_id} is billed from {starts_on:%Y-%m-%d} on.")


def _with_billing(work: Callable[[Database, Billing], Awaitable[T]]) -> T:
    settings = load_settings()

    async def nothing(_user_ids: Sequence[int]) -> None:
        """Caches of other processes learn of it by their lifetime."""

    async def do(database: Database) -> T:
        async with open_billing(
            settings, database, invalidate=nothing, clock=system_clock
        ) as parts:
            return await work(database, parts)

    try:
        return with_database(settings, do)
    except PaymentMethodRefused as error:
        raise click.ClickException(f"the provider refuses the method: {error.reason}") from None
    except (InvalidTerms, PaymentProviderRefused, PaymentProviderUnavailable) as error:
        raise click.ClickException(str(error)) from None
