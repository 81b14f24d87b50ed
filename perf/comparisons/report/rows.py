"""The operations of a comparison, sorted and with one verdict each, for tables and charts."""

from collections.abc import Iterator
from dataclasses import dataclass

from perf.cli.exit_status import ExitStatus, rank
from perf.comparisons.report.comparison.compare import ChangeKind, Comparison, OperationChange
from perf.load.results.report import OperationResult

_WORDS = {
    ExitStatus.ENDED_EARLY: "ended early",
    ExitStatus.GONE: "gone",
    ExitStatus.NOT_MEASURED: "not measured",
    ExitStatus.REFUSED: "more refused",
    ExitStatus.NEW_ERRORS: "new errors",
    ExitStatus.MORE_CALLS: "calls more",
    ExitStatus.ZERO_BASELINE: "zero before",
    ExitStatus.NOT_COUNTED: "not counted",
}
_BAD = {
    ExitStatus.ENDED_EARLY,
    ExitStatus.GONE,
    ExitStatus.REGRESSION,
    ExitStatus.REFUSED,
    ExitStatus.NEW_ERRORS,
    ExitStatus.MORE_CALLS,
}
_GOOD = {"within noise", "faster"}


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation; `before` or `after` is None if that run lacks it."""

    name: str
    state: ExitStatus
    verdict: str
    before: OperationResult | None
    after: OperationResult | None
    change: OperationChange | None

    @property
    def kind(self) -> str:
        """Its verdict as a CSS class: `good`, `bad` or `unknown`."""
        return css_class_of(self.state, is_known=self.verdict in _GOOD)


def css_class_of(state: ExitStatus, *, is_known: bool = True) -> str:
    """A state as a CSS class, the same everywhere: `good`, `bad` or `unknown`."""
    if state in _BAD:
        return "bad"
    return "good" if state is ExitStatus.NO_REGRESSION and is_known else "unknown"


def rows(comparison: Comparison) -> tuple[OperationRow, ...]:
    """All operations of either run, the worst first."""
    return tuple(sorted(_rows(comparison), key=lambda row: rank(row.state)))


def verdicts(found: tuple[OperationRow, ...]) -> str:
    """The number of operations with each verdict: `1 slower, 8 within noise`."""
    counted = dict.fromkeys(row.verdict for row in found)
    parts = (f"{sum(row.verdict == one for row in found)} {one}" for one in counted)
    return ", ".join(parts) or "no operations"


def p95_limit(one: OperationResult) -> float | None:
    """The p95 budget in milliseconds; None if there is none."""
    return next((target.limit for target in one.targets if target.name == "p95"), None)


def _rows(comparison: Comparison) -> Iterator[OperationRow]:
    before, after = comparison.baseline.operations, comparison.current.operations
    changes = {one.name: one for one in comparison.operations}
    for name in dict.fromkeys([*after, *before]):
        state, change = comparison.state_of(name), changes.get(name)
        verdict = _WORDS.get(state) or _verdict(comparison, name, change)
        yield OperationRow(name, state, verdict, before.get(name), after.get(name), change)


def _verdict(comparison: Comparison, name: str, change: OperationChange | None) -> str:
    if comparison.differences:
        return "not compared"
    if change is None:
        return "new" if name in comparison.current.operations else "gone"
    if change.newly_missed and change.change is not ChangeKind.SLOWER:
        return "target missed"
    return change.change.value
