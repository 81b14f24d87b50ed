"""`guidance chaos`: trials that kill, break, attack or overload a server."""

import click

from perf.chaos.hostile.command import hostile
from perf.chaos.kill_replies.command import kill_replies
from perf.chaos.outages.command import outages
from perf.chaos.overload.command import overload


@click.group()
def chaos() -> None:
    """Kill, break and attack what serves, and see whether everything holds."""


chaos.add_command(hostile)
chaos.add_command(kill_replies)
chaos.add_command(outages)
chaos.add_command(overload)
