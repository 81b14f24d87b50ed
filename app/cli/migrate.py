"""`guidance db migrate`: move the database's schema."""

import sys
from collections.abc import Sequence

import click

from app.cli.failures.database_failures import reporting_database_failures
from app.composition.database_url import database_url
from app.settings import Settings, load_settings
from db.schema.index_repair import IndexNotRepaired
from db.schema.migration import HEAD, UnknownRevision, data_losses, postgresql_version
from db.schema.migration import migrate as migrate_database
from db.schema.partitions.online import partition
from db.schema.partitions.swap import CopyDiffers

_TESTED_ON = 18
"""The major version of PostgreSQL of every test."""


@click.command()
@click.argument("revision", default=HEAD)
@click.option(
    "--partitions",
    type=click.IntRange(1, 1024),
    help="Part the tables of people and companies into so many, beside readers and writers; "
    "1 makes them whole again. At the head only, once no version before 20261130_0040 serves.",
)
@click.option("--yes", "is_agreed", is_flag=True, help="Destroy data without a question.")
def migrate(revision: str, *, partitions: int | None, is_agreed: bool) -> None:
    """Move the schema up or down to REVISION.

    Default: head. `base` empties the database. Before data is destroyed it asks on a terminal, and
    refuses in production without --yes.
    """
    if partitions is not None and revision != HEAD:
        raise click.UsageError("--partitions is for a database at the head")
    settings = load_settings()
    with database_url(settings, is_migrated=False) as url:
        parted: tuple[str, ...] = ()
        try:
            with reporting_database_failures("the database cannot be migrated"):
                if not is_agreed:
                    _check_losses(settings, data_losses(url, revision))
                reached = migrate_database(url, revision=revision, repaired=_print_repair)
                warning = untested(postgresql_version(url))
                if partitions is not None:
                    parted = partition(url, partitions, begun=_print_started)
        except UnknownRevision as error:
            raise click.BadParameter(str(error)) from None
        except (IndexNotRepaired, CopyDiffers) as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"The database is at {reached}.")
    if warning is not None:
        click.echo(warning, err=True)
    if parted:
        form = "are whole again" if partitions == 1 else f"have {partitions} partitions each"
        click.echo(f"{len(parted)} tables {form}.")


def untested(version: int) -> str | None:
    """What is said of a server older than the tests', by its major version."""
    if version >= _TESTED_ON:
        return None
    return f"PostgreSQL {version} has it; the tests run on {_TESTED_ON}, and on no older one."


def _check_losses(settings: Settings, losses: Sequence[str]) -> None:
    """Ask before data is destroyed, or refuse in production; other scripts go on."""
    if not losses:
        return
    said = f"this destroys stored data: {'; '.join(losses)}"
    if settings.is_production:
        raise click.ClickException(f"{said}. Do it with --yes")
    if sys.stdin.isatty():
        click.confirm(f"{said[0].upper()}{said[1:]}. Go on?", abort=True)


def _print_started(table: str) -> None:
    click.echo(f"{table} is copied")


def _print_repair(difference: str) -> None:
    click.echo(f"The index {difference}: it was made again.")
