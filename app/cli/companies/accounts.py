"""`guidance accounts`: lists companies, with the ids that other commands want."""

import click

from app.cli.companies.api_key import key_service
from app.cli.database import with_database
from app.cli.tables import table
from app.settings import load_settings
from services.enterprise.records import ListedAccount


@click.command()
@click.option("--after", type=click.IntRange(0), default=0, help="Only ids above this one.")
@click.option(
    "--most",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="How many at most.",
)
def accounts(after: int, most: int) -> None:
    """List companies by id, with their administrators and how many active keys they have."""
    found = with_database(
        load_settings(), lambda database: key_service(database).accounts(after=after, most=most)
    )
    click.echo(table(("id", "company", "administrator", "active keys"), map(_row, found)))
    if len(found) == most:
        click.echo(f"There may be more: guidance accounts --after {found[-1].id}", err=True)


def _row(account: ListedAccount) -> tuple[str, ...]:
    administrator = "-" if account.administrator_id is None else str(account.administrator_id)
    return str(account.id), account.company_name, administrator, str(account.active_keys)
