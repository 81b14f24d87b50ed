"""`guidance api-key`: creates an API key for a company."""

import secrets

import click

from app.authentication.claims import LARGEST_ID
from app.cli.database import with_database
from app.settings import load_settings
from db.database import Database
from services.clock import system_clock
from services.enterprise.authentication import AccountNotFound, ApiKeyService
from services.enterprise.last_uses import LastUseRecorder


@click.command("api-key")
@click.option(
    "--account-id", type=click.IntRange(1, LARGEST_ID), required=True, help="The company's id."
)
def api_key(account_id: int) -> None:
    """Create an API key and print it; it is shown this once and stored only as a hash."""
    settings = load_settings()
    try:
        click.echo(with_database(settings, lambda database: issue(database, account_id)))
    except AccountNotFound:
        raise click.ClickException(
            f"there is no enterprise account {account_id}; `guidance accounts` lists them"
        ) from None


async def issue(database: Database, account_id: int) -> str:
    """Add a key to the account; raises `AccountNotFound`."""
    return await key_service(database).issue_key(account_id)


def key_service(database: Database) -> ApiKeyService:
    """The service of companies and their keys, for an operator."""
    return ApiKeyService(
        database, LastUseRecorder(database), clock=system_clock, random_bytes=secrets.token_bytes
    )
