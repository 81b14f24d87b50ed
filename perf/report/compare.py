"""What changed between two runs, by how much, and whether that is more than noise."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from perf.load.result import LoadReport, MethodUse, Operation, Target
from perf.report.explain import explanation
from perf.statistics.percentiles import percentile
from perf.statistics.verdicts import CONFIDENCE, Verdict

MINIMUM_CHANGE = 0.1
"""A change of less is not worth a word, however certain."""
_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_FEWEST_SAMPLES = 20


class Change(Enum):
    """What a difference is."""

    SLOWER = "slower"
    FASTER = "faster"
    NOISE = "within noise"


class Outcome(Enum):
    """What the comparison comes to; the value is the exit status of the command."""

    NO_REGRESSION = 0
    REGRESSION = 1
    NOT_COMPARABLE = 3


@dataclass(frozen=True, slots=True)
class PercentileChange:
    """A percentile of both runs in milliseconds, and between which shares it changed.

    `low` and `high` are None where there are too few samples to say.
    """

    before: float
    after: float
    low: float | None
    high: float | None

    @property
    def ratio(self) -> float:
        """By which share it changed: 0.2 is a fifth slower."""
        return self.after / self.before - 1

    @property
    def change(self) -> Change:
        """Noise, unless the interval leaves no change out, and the change is worth a word."""
        if self.low is not None and self.low > 0 and self.ratio >= MINIMUM_CHANGE:
            return Change.SLOWER
        if self.high is not None and self.high < 0 and self.ratio <= -MINIMUM_CHANGE:
            return Change.FASTER
        return Change.NOISE


@dataclass(frozen=True, slots=True)
class OperationChange:
    """One operation in both runs; `newly_missed` are targets that were not missed before."""

    name: str
    percentiles: dict[str, PercentileChange]
    newly_missed: tuple[Target, ...]
    why: tuple[str, ...]

    @property
    def change(self) -> Change:
        """Slower where a percentile is."""
        changes = {one.change for one in self.percentiles.values()}
        return next((one for one in (Change.SLOWER, Change.FASTER) if one in changes), Change.NOISE)

    @property
    def is_worse(self) -> bool:
        """Whether anybody should look at it."""
        return self.change is Change.SLOWER or bool(self.newly_missed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both runs, and everything that is said of them."""

    baseline: LoadReport
    current: LoadReport
    differences: tuple[str, ...]
    operations: tuple[OperationChange, ...]
    newly_missed: tuple[Target, ...]

    @property
    def outcome(self) -> Outcome:
        """What it comes to."""
        if self.differences:
            return Outcome.NOT_COMPARABLE
        is_worse = self.newly_missed or any(one.is_worse for one in self.operations)
        return Outcome.REGRESSION if is_worse else Outcome.NO_REGRESSION


def compare(baseline: LoadReport, current: LoadReport) -> Comparison:
    """Compare the operations that both runs have."""
    names = [name for name in current.operations if name in baseline.operations]
    confidence = 1 - (1 - CONFIDENCE) / max(1, 2 * len(names) * len(_SHARES))
    return Comparison(
        baseline,
        current,
        differences(baseline, current),
        tuple(_operation(name, baseline, current, confidence) for name in names),
        newly_missed(baseline.targets, current.targets),
    )


def differences(baseline: LoadReport, current: LoadReport) -> tuple[str, ...]:
    """Why the runs cannot be compared: what was measured, where, or with what, is another."""
    return tuple(
        f"{name}: {before} in the baseline, {after} now"
        for name, before, after in _conditions(baseline, current)
        if before != after
    )


def newly_missed(before: tuple[Target, ...], after: tuple[Target, ...]) -> tuple[Target, ...]:
    """The targets that are missed now and were not."""
    missed = {target.name for target in before if target.verdict is Verdict.FAIL}
    return tuple(
        target for target in after if target.verdict is Verdict.FAIL and target.name not in missed
    )


def percentile_change(
    before: Operation, after: Operation, share: float, confidence: float
) -> PercentileChange | None:
    """How a percentile changed; None where one of the runs has next to no samples.

    Each run has its interval of order statistics. Both hold at once with the sum of their doubts
    (Bonferroni), and then the change lies between the ends that are farthest apart. `confidence`
    already shares the doubt among all that is compared.
    """
    pair = [before.latencies_us, after.latencies_us]
    if min(map(len, pair)) < _FEWEST_SAMPLES:
        return None
    one, other = (percentile(samples, share, confidence=confidence) for samples in pair)
    assert one is not None  # noqa: S101 - there are samples
    assert other is not None  # noqa: S101 - there are samples
    low = None if other.low is None or one.high is None else other.low / one.high - 1
    high = None if other.high is None or one.low is None else other.high / one.low - 1
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
