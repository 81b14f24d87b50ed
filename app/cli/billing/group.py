"""`guidance billing`: the group of commands about money."""

import click

from app.cli.groups import CommandGroup


@click.group(cls=CommandGroup)
def billing() -> None:
    """Compare the books with the provider, set what companies pay, give money back."""
