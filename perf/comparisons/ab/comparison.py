"""Start two versions side by side, measure them alternately, and judge the difference."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from perf.cli.failures import reporting_not_measured
from perf.comparisons.ab.measured_servers import by_documents
from perf.comparisons.ab.precision import DetectableEffects
from perf.comparisons.ab.report import (
    VersionComparison,
    detectable_effect_lines,
    report_lines,
    write,
)
from perf.comparisons.ab.rounds import ComparisonPlan, measure
from perf.comparisons.ab.servers import ConfiguredVersion, side_by_side
from perf.comparisons.ab.verdicts import ShiftVerdict, judge
from perf.counting.version_comparison import FilledVersion, call_differences
from perf.servers.seeded import Version
from perf.servers.versions import version_of
from perf.sweep.server import SweepTarget

_TELL_EVERY = 25


def compare_versions(
    names: tuple[str, str],
    plan: ComparisonPlan,
    out: Path,
    *,
    settings: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> ShiftVerdict:
    """Measure the second version against the first, write the report, and return the outcome.

    Raises `click.ClickException`.
    """
    click.echo("Preparing two servers with the same data ...", err=True)
    with (
        reporting_not_measured("the versions"),
        TemporaryDirectory(prefix="guidance-ab-calls-") as folder,
        version_of(names[0]) as first,
        version_of(names[1]) as second,
        side_by_side(
            ConfiguredVersion(first, settings[0]), ConfiguredVersion(second, settings[1])
        ) as (a, b),
    ):
        counts = tuple(_counts((first, a), (second, b), Path(folder), plan.names))
        measured = measure(by_documents(a), by_documents(b), plan, listener=_Terminal())
    minimum = plan.bounds.minimum
    judged = judge(measured, minimum=minimum)
    found = VersionComparison(
        names, minimum, measured.interleaved, judged, measured.left_out, counts
    )
    for line in report_lines(found):
        click.echo(line)
    write(found, out)
    return found.outcome


def _counts(
    a: tuple[Version, SweepTarget],
    b: tuple[Version, SweepTarget],
    folder: Path,
    names: Sequence[str],
) -> Iterator[str]:
    """Differences in function calls, counted before anything is timed: they are exact."""
    filled = [
        FilledVersion(version, target.database_url)
        for version, target in (a, b)
        if target.database_url is not None
    ]
    if len(filled) == len((a, b)):
        yield from call_differences(filled[0], filled[1], folder, names)


class _Terminal:
    """Reports progress on standard error."""

    def started(self, detectable_effects: DetectableEffects, seconds: float) -> None:
        """Print the detectable effects and how long the pilot took."""
        click.echo(f"The first rounds took {seconds:.0f} s.")
        for line in detectable_effect_lines(detectable_effects):
            click.echo(line)

    def measured(self, rounds: int) -> None:
        """Print the number of rounds from time to time."""
        if rounds % _TELL_EVERY == 0:
            click.echo(f"{rounds} rounds", err=True)
