"""A comparison in words, the same in every form of the report."""

from collections.abc import Iterator

from perf.load.printed import said
from perf.load.result import LoadReport
from perf.report.compare import (
    MINIMUM_CHANGE,
    Change,
    Comparison,
    OperationChange,
    Outcome,
    PercentileChange,
)

_HEADLINES = {
    Outcome.NO_REGRESSION: "No regression was found.",
    Outcome.REGRESSION: "Something became worse.",
    Outcome.NOT_COMPARABLE: "Not comparable.",
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
    """What it comes to, in a sentence."""
    return _HEADLINES[comparison.outcome]


def findings(comparison: Comparison) -> Iterator[str]:
    """What somebody who was not there has to know, most important first."""
    if comparison.differences:
        yield from comparison.differences
        return
    for target in comparison.newly_missed:
        yield f"Missed now, and not before: {said(target)}"
    for one in comparison.operations:
        yield from _of_operation(one)
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


def percentile_words(change: PercentileChange | None) -> str:
    """`12.0 → 14.4 ms (+20%, within noise)`."""
    if change is None:
        return "too few samples"
    between = ""
    if change.low is not None and change.high is not None:
        between = f", between {change.low:+.0%} and {change.high:+.0%}"
    return (
        f"{change.before:.1f} → {change.after:.1f} ms ({change.ratio:+.0%}{between}: "
        f"{change.change.value})"
    )


def run_words(report: LoadReport) -> str:
    """Which run it was."""
    return (
        f"commit {report.commit}, {report.started_at:%Y-%m-%d %H:%M} UTC, profile "
        f"{report.profile}, seed {report.seed}, "
        f"{sum(one.requests for one in report.operations.values())} requests, "
        f"{report.verdict.value}"
    )


def host_words(report: LoadReport) -> str:
    """Where it ran, and on what."""
    host = report.host
    return (
        f"{host.processor}, {host.cores} cores, {host.memory_gigabytes} GB, {host.system}, Python "
        f"{host.python}; {report.data}; model: {report.model}"
    )


def counts_words(report: LoadReport) -> str:
    """What the server counted."""
    counts = report.counts
    if counts is None:
        return "the server's metrics could not be read"
    asked = counts.cache_hits + counts.cache_misses
    hits = f"{counts.cache_hits / asked:.0%} of {asked}" if asked else "none asked"
    return (
        f"{counts.statements} statements, cache hits {hits}, {counts.model_attempts} requests to "
        f"the model, {counts.retries} of them retried"
    )


def _of_operation(one: OperationChange) -> Iterator[str]:
    if one.change is not Change.NOISE:
        changed = ", ".join(
            f"{name} {percentile_words(change)}"
            for name, change in one.percentiles.items()
            if change.change is one.change
        )
        yield f"{one.name} is {one.change.value}: {changed}."
    for target in one.newly_missed:
        yield f"{one.name} misses now, and did not before: {said(target)}"
    if one.is_worse or one.change is Change.FASTER:
        for reason in one.why:
            yield f"{one.name}: {reason}."
