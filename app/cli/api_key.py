"""`guidance api-key`: a new key for a company."""

import asyncio

import click

from app.authentication.tokens import LARGEST_ID
from app.cli.failures import failing_with
from app.database import database_url
from app.settings import Settings, load_settings
from app.wiring import open_application
from services.enterprise.service import AccountNotFound


@click.command("api-key")
@click.option(
    "--account-id", type=click.IntRange(1, LARGEST_ID), required=True, help="The company's id."
)
def api_key(account_id: int) -> None:
    """Create an API key and print it; it is shown this once and stored only as a hash."""
    settings = load_settings()
    with database_url(settings) as url:
        try:
            with failing_with("the database cannot be used"):
                click.echo(asyncio.run(issue(settings, url, account_id)))
        except AccountNotFound:
            raise click.ClickException(f"there is no enterprise account {account_id}") from None


async def issue(settings: Settings, url: str, account_id: int) -> str:
    """Add a key to the account; raises `AccountNotFound`."""
    async with open_application(settings, url) as application:
        return await application.enterprise.issue_key(account_id)
