"""Findings about what only one of the runs measured, so that it cannot be compared."""

from collections.abc import Iterator
from math import sqrt

from gql.documents.trusted_documents import trusted_documents
from perf.cli.exit_status import ExitStatus, Finding
from perf.load.results.completeness import incomplete
from perf.load.results.report import LoadReport

FEWEST_SAMPLES = 20
_SIGMAS = 6


def coverage_findings(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    """Findings about what was not measured in either run, or not as often as planned."""
    yield from incomplete(current)
    for one in incomplete(baseline):
        yield Finding(one.state, f"in the baseline {one.text}", one.operation)
    yield from _gone(baseline, current)
    yield from _too_few(baseline, current)
    yield from _not_as_planned(baseline, current)


def new_operations(baseline: LoadReport, current: LoadReport) -> tuple[str, ...]:
    """The operations that only the current run has."""
    return tuple(name for name in current.operations if name not in baseline.operations)


def _gone(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    for name in dict.fromkeys([*baseline.operations, *baseline.mix]):
        if name in current.operations or name in current.mix:
            continue
        where = "the mix" if name in trusted_documents() else "the documents"
        reason = current.left_out.get(name)
        text = f"{name} is gone from {where}: measured in the baseline, and not now"
        yield Finding(ExitStatus.GONE, f"{text}: {reason}" if reason else text, name)


def _too_few(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    for name, after in current.operations.items():
        before = baseline.operations.get(name)
        counts = [len(one.latencies_us) for one in (before, after) if one is not None]
        if before is not None and 0 < min(counts) < FEWEST_SAMPLES:
            yield Finding(
                ExitStatus.NOT_MEASURED,
                f"{name} cannot be compared: {counts[0]} samples in the baseline and {counts[1]} "
                f"now, and {FEWEST_SAMPLES} are needed of each",
                name,
            )


def _not_as_planned(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    """Runs of the same plan send similar numbers of requests; a clear deficit is a finding."""
    plans = [(one.profile, one.seconds, one.mix) for one in (baseline, current)]
    if plans[0] != plans[1]:
        return
    sent = {
        name: (baseline.operations[name].requests, current.operations[name].requests)
        for name in current.mix
        if name in baseline.operations and name in current.operations
    }
    asked = {name: pair for name, pair in sent.items() if all(pair)}
    before, after = (sum(pair[run] for pair in asked.values()) for run in (0, 1))
    if _is_fewer(before, after) and all(old > new for old, new in asked.values()):
        text = f"{after} requests were sent of a plan that had {before} in the baseline"
        yield Finding(ExitStatus.ENDED_EARLY, f"the run ended early: {text}")
    else:
        for name, (old, new) in asked.items():
            if _is_fewer(old, new):
                text = f"{name} was asked {new} times, and {old} times in the baseline"
                yield Finding(ExitStatus.NOT_MEASURED, f"{text}, of the same plan", name)
    if _is_fewer(after, before):
        text = f"requests: {before} in the baseline, {after} now, of the same plan"
        yield Finding(ExitStatus.NOT_COMPARABLE, text)
    yield from _stages_missing(baseline, current)


def _is_fewer(before: int, after: int) -> bool:
    return before - after > _SIGMAS * sqrt(before + after)


def _stages_missing(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    for name, stage in baseline.stages.items():
        if stage.requests and (name not in current.stages or not current.stages[name].requests):
            yield Finding(
                ExitStatus.ENDED_EARLY, f"the run ended early: nothing was sent in the {name}"
            )
