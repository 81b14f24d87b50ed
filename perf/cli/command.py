"""`guidance perf`: the group of commands that measure and compare."""

import click

from perf.cli.failures import PerfGroup


@click.group(cls=PerfGroup)
def perf() -> None:
    """Hold budgets, test under load, compare versions."""
