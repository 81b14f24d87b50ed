"""`guidance token`: signs a token for development and tests."""

import click

from app.authentication.claims import LARGEST_ID
from app.authentication.tokens import issue_token
from app.cli.data_folder import warn_of_new_folder
from app.composition.secrets import signing_secrets
from app.settings import load_settings
from services.clock import system_clock

DAY_SECONDS = 86_400


@click.command()
@click.option(
    "--user-id", type=click.IntRange(1, LARGEST_ID), required=True, help="Whose token it is."
)
@click.option("--role", "roles", multiple=True, help="A role it carries, for example ops.")
@click.option(
    "--ttl",
    "ttl_seconds",
    type=click.IntRange(1),
    default=DAY_SECONDS,
    show_default=True,
    help="Seconds until it expires.",
)
def token(user_id: int, roles: tuple[str, ...], ttl_seconds: int) -> None:
    """Print a signed token for a user; refuses in production."""
    settings = load_settings()
    if settings.is_production:
        raise click.ClickException("tokens are not made in production; ask the identity provider")
    if settings.jwt_secret_key is None:
        warn_of_new_folder(settings)
    click.echo(
        issue_token(
            signing_secrets(settings)[0],
            user_id=user_id,
            roles=roles,
            ttl_seconds=ttl_seconds,
            now=system_clock(),
        )
    )
