"""`guidance privacy`: retry an erasure, revoke the link of an export."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import click

from app.authentication.claims import LARGEST_ID
from app.cli.database import with_database
from app.settings import load_settings
from db.database import Database
from services.clock import Clock, system_clock
from services.privacy.operator_actions import retry_erasure, revoke_link

Change: TypeAlias = Callable[[Database, int, Clock], Awaitable[bool]]

_request = click.option(
    "--request-id",
    type=click.IntRange(1, LARGEST_ID),
    required=True,
    help="The request's number, as the log has it.",
)


@click.group()
def privacy() -> None:
    """Look after exports and erasures."""


@privacy.command("retry")
@_request
def retry(request_id: int) -> None:
    """Run an erasure again that was given up."""
    if not _do(retry_erasure, request_id):
        raise click.ClickException(f"there is no erasure {request_id} that was given up")
    click.echo(f"Erasure {request_id} will be carried out again.")


@privacy.command("revoke")
@_request
def revoke(request_id: int) -> None:
    """Revoke the link to an export."""
    if not _do(revoke_link, request_id):
        raise click.ClickException(f"there is no export {request_id} whose link works")
    click.echo(f"The link to export {request_id} works no longer.")


def _do(change: Change, request_id: int) -> bool:
    return with_database(
        load_settings(), lambda database: change(database, request_id, system_clock)
    )
