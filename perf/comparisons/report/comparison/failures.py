"""Errors and refusals of two runs: absolute counts by code."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from perf.cli.exit_status import ExitStatus, Finding
from perf.comparisons.report.comparison.significance import has_grown
from perf.load.results.report import LoadReport, OperationResult

_PROBES = "unavailable"


@dataclass(frozen=True, slots=True)
class FailureChange:
    """How often an operation ended with a code, in both runs; `state` applies if it increased."""

    operation: str
    code: str
    before: int
    after: int
    of_before: int
    of_after: int
    state: ExitStatus

    @property
    def is_new(self) -> bool:
        """Whether the baseline had none; then a single one is reported."""
        return bool(self.after) and not self.before

    @property
    def is_worse(self) -> bool:
        """Whether it is new or increased significantly."""
        return self.is_new or has_grown(
            self.before, self.after, of_before=self.of_before, of_after=self.of_after
        )

    @property
    def became(self) -> str:
        """How these requests ended, in words."""
        return "refused on purpose" if self.state is ExitStatus.REFUSED else "failed"

    @property
    def sentence(self) -> str:
        """The counts of both runs, and whether the code is new."""
        became = f"were {self.became}" if self.state is ExitStatus.REFUSED else self.became
        before = f"{self.before} of {self.of_before} in the baseline"
        new = ", new since the baseline" if self.is_new else ""
        now = f"{self.after} of {self.of_after} {became}: {self.code}"
        return f"{self.operation}: {now} ({before}{new})"


def failure_changes(baseline: LoadReport, current: LoadReport) -> tuple[FailureChange, ...]:
    """All codes of either run, those that became worse first."""
    found = [*_of_operations(baseline, current), *_of_probes(baseline, current)]
    return tuple(sorted(found, key=lambda one: not one.is_worse))


def failure_findings(changes: tuple[FailureChange, ...]) -> Iterator[Finding]:
    """Findings about failures and refusals that became worse; a single new error suffices."""
    for one in changes:
        if one.is_worse:
            yield Finding(one.state, one.sentence, one.operation)


def _of_operations(baseline: LoadReport, current: LoadReport) -> Iterator[FailureChange]:
    for name, after in current.operations.items():
        before = baseline.operations.get(name)
        yield from _of_kind(name, ExitStatus.NEW_ERRORS, before, after)
        yield from _of_kind(name, ExitStatus.REFUSED, before, after)


def _of_kind(
    name: str, state: ExitStatus, before: OperationResult | None, after: OperationResult
) -> Iterator[FailureChange]:
    old, new = _codes(before, state), _codes(after, state)
    for code in sorted(old.keys() | new.keys()):
        yield FailureChange(
            operation=name,
            code=code,
            before=old.get(code, 0),
            after=new.get(code, 0),
            of_before=before.requests if before else 0,
            of_after=after.requests,
            state=state,
        )


def _codes(one: OperationResult | None, state: ExitStatus) -> Mapping[str, int]:
    if one is None:
        return {}
    return one.protected if state is ExitStatus.REFUSED else one.errors


def _of_probes(baseline: LoadReport, current: LoadReport) -> Iterator[FailureChange]:
    old, new = (
        next((one for one in report.targets if one.name == _PROBES), None)
        for report in (baseline, current)
    )
    if new is not None and (new.bad or (old is not None and old.bad)):
        yield FailureChange(
            operation="availability probes",
            code="no answer",
            before=old.bad if old else 0,
            after=new.bad,
            of_before=old.samples if old else 0,
            of_after=new.samples,
            state=ExitStatus.NEW_ERRORS,
        )
