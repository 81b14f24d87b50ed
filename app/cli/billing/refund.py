"""`guidance billing refund`: gives a payment back, or a part of it."""

from collections.abc import Sequence

import click

from app.authentication.claims import LARGEST_ID
from app.cli.database import with_database
from app.composition.billing import open_billing
from app.settings import load_settings
from db.database import Database
from db.row import Row
from db.states import PaymentStatus
from services.billing.refunds import RefundRefused
from services.clock import system_clock

_id = click.IntRange(1, LARGEST_ID)


@click.command()
@click.option("--user-id", type=_id, required=True, help="Whose payment it is.")
@click.option("--payment-id", type=_id, required=True, help="The payment's number, as exports say.")
@click.option(
    "--amount-cents", type=click.IntRange(1), help="How much; by default all that is left of it."
)
@click.option("--reason", required=True, help="Why, for the audit trail.")
def refund(user_id: int, payment_id: int, amount_cents: int | None, reason: str) -> None:
    """Give a payment back, and issue a credit note.

    The subscription stays as it is.
    """
    settings = load_settings()

    async def give_back(database: Database) -> Row:
        async with open_billing(
            settings, database, invalidate=_nothing_cached, clock=system_clock
        ) as parts:
            return await parts.refunds.refund(
                user_id, payment_id, amount_cents=amount_cents, reason=reason
            )

    try:
        row = with_database(settings, give_back)
    except RefundRefused as refused:
        raise click.ClickException(str(refused)) from None
    _report(row)


def _report(row: Row) -> None:
    if row["status"] == PaymentStatus.FAILED:
        raise click.ClickException("the provider cannot give it back: send it another way")
    is_done = row["status"] == PaymentStatus.SUCCEEDED
    said = "given back" if is_done else "recorded; the worker gives it back"
    click.echo(f"{row['amount_cents']} cents {row['currency']} are {said} (payment {row['id']}).")


async def _nothing_cached(_user_ids: Sequence[int]) -> None:
    """A refund changes no subscription."""
