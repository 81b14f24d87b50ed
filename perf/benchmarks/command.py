"""`guidance bench`: the group of commands that measure one part of the server."""

import click

from app.cli.groups import CommandGroup


@click.group(cls=CommandGroup)
def bench() -> None:
    """Measure one part of the server: time, processor, memory."""
