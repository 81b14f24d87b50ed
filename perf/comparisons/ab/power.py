"""`guidance perf ab-power`: how often `perf ab` finds a real change, and how often a false one."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from random import Random
from statistics import median

import click

from perf.cli import options
from perf.comparisons.ab.command import MINIMUM
from perf.comparisons.ab.interleaving import SilentListener, StopRule, measure_interleaved
from perf.comparisons.ab.precision import shifts_of
from perf.comparisons.ab.simulation import CHANGES, NO_CHANGE, NOISES, SimulatedServers
from perf.comparisons.ab.verdicts import ShiftVerdict, change_of

SECONDS = 600.0
_SEEDS, _OPERATIONS = 200, 3


@dataclass(frozen=True, slots=True)
class Trial:
    """The result of one comparison of two simulated servers.

    `is_named` says whether the changed operation was reported at the changed quantile, `is_false`
    whether anything unchanged was reported as slower or faster.
    """

    is_named: bool
    is_false: bool
    rounds: int
    seconds: float


@click.command(name="ab-power")
@options.number("--seeds", _SEEDS, "Comparisons of each kind.")
@options.number("--operations", _OPERATIONS, "Operations; the first is changed.")
@options.number("--processes", 1, "How many comparisons at a time.")
@click.option(
    "--noise",
    "noises",
    type=click.Choice(list(NOISES)),
    multiple=True,
    default=list(NOISES),
    help="Only with this noise; may be repeated.",
)
def ab_power(seeds: int, operations: int, processes: int, noises: tuple[str, ...]) -> None:
    """Count how often `ab` finds a change, on simulated servers.

    The simulated noise has a log-normal tail, drift, correlation between neighbouring requests,
    several modes and a heavy tail. Each comparison has ten minutes of simulated time.
    """
    with ProcessPoolExecutor(processes) as pool:
        for line in table(pool, range(seeds), operations, noises):
            click.echo(line)


def table(
    pool: ProcessPoolExecutor, seeds: Sequence[int], operations: int, noises: Sequence[str]
) -> Iterator[str]:
    """One row for each kind of noise: how many comparisons found each change, and their cost."""
    changed = [one.name for one in CHANGES if one is not NO_CHANGE]
    yield "| " + " | ".join(["noise", "false alarms", *changed, "rounds", "seconds"]) + " |"
    yield "|" + "---|" * (4 + len(changed))
    for noise in noises:
        trials = {
            change.name: list(
                pool.map(partial(trial, noise, change.name, operations=operations), seeds)
            )
            for change in CHANGES
        }
        yield _row(noise, trials)


def trial(noise: str, change: str, seed: int, *, operations: int = _OPERATIONS) -> Trial:
    """Compare two simulated servers once."""
    names = tuple(f"operation {number}" for number in range(operations))
    applied = next(one for one in CHANGES if one.name == change)
    servers = SimulatedServers(NOISES[noise], applied, names, Random(f"{noise} {change} {seed}"))
    bounds = StopRule(MINIMUM, SECONDS)
    interleaved = asyncio.run(
        measure_interleaved(
            servers.ask, bounds, clock=servers.clock, listener=SilentListener(), seed=seed
        )
    )
    _, shifts = shifts_of(interleaved.rounds)
    verdicts = {
        (name, shift.probability): change_of(shift, MINIMUM)
        for name, found in shifts.items()
        for shift in found
    }
    return Trial(
        is_named=verdicts.get((names[0], applied.quantile or 0)) is ShiftVerdict.SLOWER,
        is_false=any(
            verdict in {ShiftVerdict.SLOWER, ShiftVerdict.FASTER}
            for (name, _), verdict in verdicts.items()
            if name != names[0] or applied is NO_CHANGE
        ),
        rounds=len(interleaved.rounds[names[0]]),
        seconds=servers.now,
    )


def _row(noise: str, trials: dict[str, list[Trial]]) -> str:
    everything = [one for some in trials.values() for one in some]
    same = trials.pop(NO_CHANGE.name)
    cells = [
        noise,
        f"{sum(one.is_false for one in same)} of {len(same)}",
        *(f"{sum(one.is_named for one in some)} of {len(some)}" for some in trials.values()),
        f"{median(one.rounds for one in everything):.0f}",
        f"{median(one.seconds for one in everything):.0f}",
    ]
    return "| " + " | ".join(cells) + " |"
