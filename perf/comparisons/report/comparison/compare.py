"""Compare two runs: what changed, by how much, and whether it exceeds the noise."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from perf.cli.exit_status import ExitStatus, Finding, decisive_status, rank, ranked
from perf.comparisons.report.comparison.call_counts import call_findings
from perf.comparisons.report.comparison.coverage import FEWEST_SAMPLES, coverage_findings
from perf.comparisons.report.comparison.explanation import explanation
from perf.comparisons.report.comparison.failures import (
    FailureChange,
    failure_changes,
    failure_findings,
)
from perf.comparisons.report.comparison.resource_use import leak_findings
from perf.load.results.completeness import status_of_missed_target
from perf.load.results.report import LoadReport, MethodUse, OperationResult, Target
from perf.statistics.percentiles import percentile
from perf.statistics.verdicts import CONFIDENCE, Verdict

MINIMUM_CHANGE = 0.1
"""Smaller changes are not reported, however significant."""
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class ChangeKind(Enum):
    """The kind of a change."""

    SLOWER = "slower"
    FASTER = "faster"
    NOISE = "within noise"
    UNKNOWN = "cannot be told"


_BY_WEIGHT = (ChangeKind.SLOWER, ChangeKind.UNKNOWN, ChangeKind.FASTER, ChangeKind.NOISE)


@dataclass(frozen=True, slots=True)
class PercentileChange:
    """A percentile of both runs in milliseconds, with the interval of its relative change.

    `low` and `high` are None if there are too few samples, or if the baseline is zero.
    """

    before: float
    after: float
    low: float | None
    high: float | None

    @property
    def ratio(self) -> float | None:
        """The relative change: 0.2 is a fifth slower; None for a baseline of zero."""
        return self.after / self.before - 1 if self.before else None

    @property
    def change(self) -> ChangeKind:
        """Noise, unless the interval excludes zero and the change is large enough to report."""
        ratio = self.ratio
        if ratio is None:
            return ChangeKind.UNKNOWN if self.after else ChangeKind.NOISE
        if self.low is not None and self.low > 0 and ratio >= MINIMUM_CHANGE:
            return ChangeKind.SLOWER
        if self.high is not None and self.high < 0 and ratio <= -MINIMUM_CHANGE:
            return ChangeKind.FASTER
        return ChangeKind.NOISE


@dataclass(frozen=True, slots=True)
class OperationChange:
    """One operation in both runs; `newly_missed` are targets not missed in the baseline."""

    name: str
    percentiles: dict[str, PercentileChange]
    newly_missed: tuple[Target, ...]
    why: tuple[str, ...]

    @property
    def change(self) -> ChangeKind:
        """The worst change of its percentiles; unknown if it has none."""
        changes = {one.change for one in self.percentiles.values()}
        return next((one for one in _BY_WEIGHT if one in changes), ChangeKind.UNKNOWN)

    @property
    def is_worse(self) -> bool:
        """Whether the operation needs attention."""
        return self.change is ChangeKind.SLOWER or bool(self.newly_missed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both runs and their differences; no operations if the runs are not comparable.

    `findings` are the reasons not to pass, ordered by rank.
    """

    baseline: LoadReport
    current: LoadReport
    differences: tuple[str, ...]
    operations: tuple[OperationChange, ...]
    newly_missed: tuple[Target, ...]
    failures: tuple[FailureChange, ...]
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> ExitStatus:
        """The state that decides; its value is the exit status of the command."""
        return decisive_status(self._states())

    @property
    def states(self) -> tuple[ExitStatus, ...]:
        """All states that apply, ordered by rank."""
        found = sorted({*self._states()}, key=rank)
        return tuple(found) or (ExitStatus.NO_REGRESSION,)

    def outcome_apart_from(self, ignored: ExitStatus) -> ExitStatus:
        """The state that decides if `ignored` is accepted."""
        return decisive_status(one for one in self._states() if one is not ignored)

    def state_of(self, name: str) -> ExitStatus:
        """The state that decides about one operation."""
        states = [one.state for one in self.findings if one.operation == name]
        changes = (one for one in self.operations if one.name == name)
        return decisive_status([*states, *(state for one in changes for state in states_of(one))])

    def _states(self) -> Iterator[ExitStatus]:
        yield from (one.state for one in self.findings)
        yield from (status_of_missed_target(one) for one in self.newly_missed)
        for one in self.operations:
            yield from states_of(one)


def states_of(change: OperationChange) -> Iterator[ExitStatus]:
    """The states that follow from the change of an operation."""
    if change.change is ChangeKind.SLOWER:
        yield ExitStatus.REGRESSION
    yield from (status_of_missed_target(target) for target in change.newly_missed)


def compare(baseline: LoadReport, current: LoadReport) -> Comparison:
    """Compare the operations that both runs have, and report what cannot be compared."""
    different = differences(baseline, current)
    names = [name for name in current.operations if name in baseline.operations]
    confidence = 1 - (1 - CONFIDENCE) / max(1, 2 * len(names) * len(_SHARES))
    operations = [_operation(name, baseline, current, confidence) for name in names]
    failures = failure_changes(baseline, current)
    findings = [
        *(Finding(ExitStatus.NOT_COMPARABLE, said) for said in different),
        *coverage_findings(baseline, current),
    ]
    if not different:
        findings += [
            *failure_findings(failures),
            *call_findings(baseline, current),
            *leak_findings(baseline, current),
            *(each for one in operations for each in _zeros(one)),
        ]
    return Comparison(
        baseline,
        current,
        different,
        () if different else tuple(operations),
        () if different else newly_missed(baseline.targets, current.targets),
        failures,
        ranked(findings),
    )


def _zeros(one: OperationChange) -> Iterator[Finding]:
    for label, change in one.percentiles.items():
        if change.change is ChangeKind.UNKNOWN:
            yield Finding(
                ExitStatus.ZERO_BASELINE,
                f"{one.name}: the {label} of the baseline is zero, and {change.after:.1f} ms now: "
                "no share of nothing can be told",
                one.name,
            )


def differences(baseline: LoadReport, current: LoadReport) -> tuple[str, ...]:
    """Why the runs are not comparable: their profiles, machines, mixes or data differ."""
    return tuple(
        f"{name}: {before} in the baseline, {after} now"
        for name, before, after in _conditions(baseline, current)
        if before != after
    )


def newly_missed(before: tuple[Target, ...], after: tuple[Target, ...]) -> tuple[Target, ...]:
    """The targets missed now that were not missed in the baseline."""
    missed = {target.name for target in before if target.verdict is Verdict.FAIL}
    return tuple(
        target for target in after if target.verdict is Verdict.FAIL and target.name not in missed
    )


def percentile_change(
    before: OperationResult, after: OperationResult, share: float, confidence: float
) -> PercentileChange | None:
    """The change of a percentile; None if one of the runs has too few samples.

    Both runs have an interval of order statistics. By Bonferroni's inequality both hold at once
    with the sum of their error probabilities, and the change then lies between the extreme ratios
    of their ends. `confidence` is already corrected for the number of comparisons.
    """
    pair = [before.latencies_us, after.latencies_us]
    if min(map(len, pair)) < FEWEST_SAMPLES:
        return None
    one, other = (percentile(samples, share, confidence=confidence) for samples in pair)
    assert one is not None  # noqa: S101 - there are samples
    assert other is not None  # noqa: S101 - there are samples
    low = None if other.low is None or not one.high else other.low / one.high - 1
    high = None if other.high is None or not one.low else other.high / one.low - 1
    return PercentileChange(one.value / 1_000, other.value / 1_000, low, high)


def _operation(
    name: str, baseline: LoadReport, current: LoadReport, confidence: float
) -> OperationChange:
    before, after = baseline.operations[name], current.operations[name]
    changes = {
        label: found
        for label, share in _SHARES.items()
        if (found := percentile_change(before, after, share, confidence)) is not None
    }
    added = changes["p50"].after - changes["p50"].before if "p50" in changes else 0.0
    why = explanation(
        (before.alone, _methods(baseline)), (after.alone, _methods(current)), added_ms=added
    )
    return OperationChange(name, changes, newly_missed(before.targets, after.targets), why)


def _methods(report: LoadReport) -> dict[str, MethodUse]:
    return report.counts.methods if report.counts else {}


def _conditions(baseline: LoadReport, current: LoadReport) -> Iterator[tuple[str, object, object]]:
    for name in ("profile", "data", "model"):
        yield name, getattr(baseline, name), getattr(current, name)
    for name, before in baseline.host:
        yield name, before, getattr(current.host, name)
    yield "mix", _mix(baseline), _mix(current)
    yield "seconds", baseline.seconds, current.seconds


def _mix(report: LoadReport) -> str:
    return ", ".join(f"{name} {weight}%" for name, weight in report.mix.items())
