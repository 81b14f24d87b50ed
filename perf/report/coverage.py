"""What one of two runs has and the other has not, so that nothing can be said of it."""

from collections.abc import Iterator

from gql.operations.budgets import trusted_documents
from perf.load.completeness import incomplete
from perf.load.result import LoadReport
from perf.states import Finding, State

FEWEST_SAMPLES = 20
_SIGMAS = 6


def uncovered(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    """Everything that was not measured in either run, or not as often as the plan has it."""
    yield from incomplete(current)
    for one in incomplete(baseline):
        yield Finding(one.state, f"in the baseline {one.text}", one.operation)
    yield from _gone(baseline, current)
    yield from _too_few(baseline, current)
    yield from _not_as_planned(baseline, current)


def added(baseline: LoadReport, current: LoadReport) -> tuple[str, ...]:
    """The operations that only the current run has."""
    return tuple(name for name in current.operations if name not in baseline.operations)


def _gone(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    for name in dict.fromkeys([*baseline.operations, *baseline.mix]):
        if name in current.operations or name in current.mix:
            continue
        where = "the mix" if name in trusted_documents() else "the documents"
        reason = current.left_out.get(name)
        text = f"{name} is gone from {where}: measured in the baseline, and not now"
        yield Finding(State.GONE, f"{text}: {reason}" if reason else text, name)


def _too_few(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    for name, after in current.operations.items():
        before = baseline.operations.get(name)
        counts = [len(one.latencies_us) for one in (before, after) if one is not None]
        if before is not None and 0 < min(counts) < FEWEST_SAMPLES:
            yield Finding(
                State.NOT_MEASURED,
                f"{name} cannot be compared: {counts[0]} samples in the baseline and {counts[1]} "
                f"now, and {FEWEST_SAMPLES} are needed of each",
                name,
            )


def _not_as_planned(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    """Of the same plan so many come by chance; many fewer were not sent, many more are another."""
    if (baseline.profile, baseline.seconds) != (current.profile, current.seconds):
        return
    before, after = (_sent(report, current.mix) for report in (baseline, current))
    if baseline.mix != current.mix or not before or not after:
        return
    beyond_chance = _SIGMAS * (before + after) ** 0.5
    if before - after > beyond_chance:
        text = f"{after} requests were sent of a plan that had {before} in the baseline"
        yield Finding(State.ENDED_EARLY, f"the run ended early: {text}")
    if after - before > beyond_chance:
        text = f"requests: {before} in the baseline, {after} now, of the same plan"
        yield Finding(State.NOT_COMPARABLE, text)
    for name, stage in baseline.stages.items():
        if stage.requests and name in current.stages and not current.stages[name].requests:
            yield Finding(State.ENDED_EARLY, f"the run ended early: nothing was sent in the {name}")
        if name not in current.stages:
            yield Finding(State.ENDED_EARLY, f"the run ended early: before the {name}")


def _sent(report: LoadReport, mix: dict[str, int]) -> int:
    return sum(one.requests for name, one in report.operations.items() if name in mix)
