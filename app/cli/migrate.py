"""`guidance migrate`: move the database's schema."""

import click

from app.cli.database_failures import reporting_database_failures
from app.composition.database_url import database_url
from app.settings import load_settings
from db.schema.index_repair import IndexNotRepaired
from db.schema.migration import HEAD, UnknownRevision
from db.schema.migration import migrate as migrate_database


@click.command()
@click.argument("revision", default=HEAD)
def migrate(revision: str) -> None:
    """Upgrade, or downgrade, the database to REVISION (default: head; `base` empties it)."""
    with database_url(load_settings(), is_migrated=False) as url:
        try:
            with reporting_database_failures("the database cannot be migrated"):
                reached = migrate_database(url, revision=revision, repaired=_print_repair)
        except UnknownRevision as error:
            raise click.BadParameter(str(error)) from None
        except IndexNotRepaired as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"The database is at {reached}.")


def _print_repair(difference: str) -> None:
    click.echo(f"The index {difference}: it was made again.")
