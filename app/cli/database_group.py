"""`guidance db`: the group of commands for the database."""

import click

from app.cli.groups import CommandGroup


@click.group(cls=CommandGroup)
def db() -> None:
    """Move the schema, and fill an empty database."""
