"""`guidance perf`: measuring under load, comparing, and what is slow and why."""

import click

from perf.load.command import run


@click.group()
def perf() -> None:
    """Measure the server under load, and compare what was measured."""


perf.add_command(run)
