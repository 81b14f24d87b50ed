"""`guidance perf`: the group of commands that measure and compare."""

import click

from perf.ab.command import ab
from perf.ab.power import ab_power
from perf.cli.failures import PerfGroup
from perf.cli.nightly import nightly
from perf.cli.slow_queries import slow
from perf.counting.command import calls
from perf.gate.command import gate
from perf.load.command import run
from perf.objectives.command import objectives
from perf.report.command import report
from perf.tunings.command import tunings


@click.group(cls=PerfGroup)
def perf() -> None:
    """Measure the server under load, and compare what was measured."""


perf.add_command(gate)
perf.add_command(calls)
perf.add_command(run)
perf.add_command(report)
perf.add_command(slow)
perf.add_command(objectives)
perf.add_command(ab)
perf.add_command(ab_power)
perf.add_command(tunings)
perf.add_command(nightly)
