"""`guidance chaos`: the group of trials that kill, break, attack or overload a server."""

import click

from app.cli.groups import CommandGroup


@click.group(cls=CommandGroup)
def chaos() -> None:
    """Kill, break, attack and overload a server, and see what holds."""
