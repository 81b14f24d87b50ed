"""`guidance billing`: the group of commands about money."""

import click

from app.cli.groups import CommandGroup


@click.group(cls=CommandGroup)
def billing() -> None:
    """Give money back."""
