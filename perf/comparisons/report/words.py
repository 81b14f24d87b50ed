"""A comparison as sentences, shared by all formats of the report."""

from collections.abc import Iterator

from perf.cli.exit_status import ExitStatus
from perf.comparisons.report.comparison.compare import (
    MINIMUM_CHANGE,
    ChangeKind,
    Comparison,
    OperationChange,
    PercentileChange,
)
from perf.comparisons.report.comparison.coverage import new_operations
from perf.comparisons.report.comparison.resource_use import machines, resource_changes
from perf.load.results.report import LoadReport
from perf.load.results.resource_text import format_effort
from perf.load.results.terminal import format_target
from perf.statistics.verdicts import Verdict

_HEADLINES = {
    ExitStatus.NO_REGRESSION: "No regression was found.",
    ExitStatus.REGRESSION: "Something became worse.",
    ExitStatus.NOT_COMPARABLE: "Not comparable.",
    ExitStatus.GONE: "Operations are gone.",
    ExitStatus.NOT_MEASURED: "Not everything was measured.",
    ExitStatus.REFUSED: "More is refused than before.",
    ExitStatus.NEW_ERRORS: "There are new errors.",
    ExitStatus.MORE_CALLS: "The server calls more than before.",
    ExitStatus.ZERO_BASELINE: "The baseline is zero.",
    ExitStatus.ENDED_EARLY: "A run ended early.",
    ExitStatus.NOT_COUNTED: "What the server counted is not known.",
}
METHOD = (
    "Percentiles are of raw samples, by nearest rank, from the moment at which a request was due; "
    "what was refused on purpose is in none of them. A percentile counts as changed when the "
    "intervals of both runs (order statistics, together 95% over all of them) "
    f"do not overlap and the change is {MINIMUM_CHANGE:.0%} or more. These intervals know the "
    "noise within a run, not that from one run to the next: a machine that was slower that day "
    "looks like a slower version. Where it matters, `guidance perf ab` measures both in turns."
)


def headline(comparison: Comparison) -> str:
    """One sentence for each state; without a regression also the number of targets still missed."""
    said_of_all = " ".join(_HEADLINES[state] for state in comparison.states)
    missed = len(still_missed(comparison))
    if comparison.outcome is ExitStatus.NO_REGRESSION and missed:
        return f"{said_of_all} Targets missed as before: {missed}."
    return said_of_all


def still_missed(comparison: Comparison) -> tuple[str, ...]:
    """The targets that both runs miss, with their operations."""
    pairs = [("", comparison.baseline.targets, comparison.current.targets)] + [
        (f"{name} ", comparison.baseline.operations[name].targets, one.targets)
        for name, one in comparison.current.operations.items()
        if name in comparison.baseline.operations
    ]
    return tuple(
        f"{whose}{format_target(target)}"
        for whose, before, after in pairs
        for target in after
        if target.verdict is Verdict.FAIL
        and any(one.name == target.name and one.verdict is Verdict.FAIL for one in before)
    )


def findings(comparison: Comparison) -> Iterator[str]:
    """The findings as sentences, most important first."""
    yield from dict.fromkeys(_findings(comparison))


def _findings(comparison: Comparison) -> Iterator[str]:
    yield from (one.text for one in comparison.findings if one.state is ExitStatus.NOT_COMPARABLE)
    yield from (
        one.text for one in comparison.findings if one.state is not ExitStatus.NOT_COMPARABLE
    )
    if comparison.differences:
        return
    yield from resource_changes(comparison.baseline, comparison.current)
    for target in comparison.newly_missed:
        yield f"Missed now, and not before: {format_target(target)}"
    for one in comparison.operations:
        yield from _of_operation(one)
    for name in new_operations(comparison.baseline, comparison.current):
        yield f"{name} is new: there is nothing to compare it with."
    for missed in still_missed(comparison):
        yield f"Missed as before: {missed}"
    for silence in comparison.current.silences:
        yield (
            f"The server answered nothing for {silence.seconds:.1f} s from second "
            f"{silence.begins_at:.1f} on, while {silence.waiting} requests waited."
        )
    for report, name in ((comparison.baseline, "baseline"), (comparison.current, "current run")):
        if not report.generator.kept_up:
            yield (
                f"In the {name} the generator could not keep up: 1% of its requests were "
                f"{report.generator.late_p99_ms:.0f} ms late or more."
            )


def percentile_text(change: PercentileChange | None) -> str:
    """`12.0 → 14.4 ms (+20%, within noise)`."""
    if change is None:
        return "too few samples"
    between = ""
    if change.low is not None and change.high is not None:
        between = f", between {change.low:+.0%} and {change.high:+.0%}"
    share = "beside nothing" if change.ratio is None else f"{change.ratio:+.0%}"
    return f"{change.before:.1f} → {change.after:.1f} ms ({share}{between}: {change.change.value})"


def runs(comparison: Comparison) -> Iterator[str]:
    """The two runs, the machine, and what the server counted."""
    yield f"Baseline: {run_words(comparison.baseline)}"
    yield f"Current: {run_words(comparison.current)}"
    yield f"Where: {host_words(comparison.current)}"
    yield f"Counted: {counts_words(comparison.current)}"
    for run, report in (("Baseline", comparison.baseline), ("Current", comparison.current)):
        yield f"{run}, of each request: {format_effort(report)}"
    yield from machines(comparison.baseline, comparison.current)
    for name, reason in comparison.current.left_out.items():
        yield f"Left out: {name}: {reason}"


def run_words(report: LoadReport) -> str:
    """The commit, time, profile and verdict of a run."""
    return (
        f"commit {report.commit}, {report.started_at:%Y-%m-%d %H:%M} UTC, profile "
        f"{report.profile}, seed {report.seed}, "
        f"{sum(one.requests for one in report.operations.values())} requests, "
        f"{report.verdict.value}"
    )


def host_words(report: LoadReport) -> str:
    """The machine, the data and the model."""
    host = report.host
    return (
        f"{host.processor}, {host.cores} cores, {host.memory_gigabytes} GB, {host.system}, Python "
        f"{host.python}; {report.data}; model: {report.model}"
    )


def counts_words(report: LoadReport) -> str:
    """The server's counters."""
    counts = report.counts
    if counts is None:
        return f"nothing: {report.not_counted or 'the metrics of the server could not be read'}"
    asked = counts.cache_hits + counts.cache_misses
    hits = f"{counts.cache_hits / asked:.0%} of {asked}" if asked else "none asked"
    return (
        f"{counts.statements} statements, cache hits {hits}, {counts.model_attempts} requests to "
        f"the model, {counts.retries} of them retried"
    )


def _of_operation(one: OperationChange) -> Iterator[str]:
    if one.change in {ChangeKind.SLOWER, ChangeKind.FASTER}:
        changed = ", ".join(
            f"{name} {percentile_text(change)}"
            for name, change in one.percentiles.items()
            if change.change is one.change
        )
        yield f"{one.name} is {one.change.value}: {changed}."
    for target in one.newly_missed:
        yield f"{one.name} misses now, and did not before: {format_target(target)}"
    if one.is_worse or one.change is ChangeKind.FASTER:
        for reason in one.why:
            yield f"{one.name}: {reason}."
