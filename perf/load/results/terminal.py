"""A report as text for the terminal."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from perf.load.results.budgeted_counts import format_calls
from perf.load.results.completeness import incomplete
from perf.load.results.report import Interval, LoadReport, Target
from perf.load.results.resource_text import format_effort, format_machine
from perf.statistics.verdicts import Verdict


def lines(report: LoadReport) -> Iterator[str]:
    """A table of operations, then the overall targets, then the problems."""
    yield (
        f"{'operation':<34}{'requests':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}  p95 / p99"
        "  calls agreed"
    )
    for name, one in sorted(report.operations.items(), key=lambda item: item[1].swept):
        verdicts = " / ".join(target.verdict.value for target in one.targets[:2])
        times = f"{_ms(one.p50)}{_ms(one.p95)}{_ms(one.p99)}"
        yield f"{name:<34}{one.requests:>9}{times}  {verdicts}  {format_calls(one.agreed)}".rstrip()
    yield ""
    for target in report.targets:
        yield format_target(target)
    yield f"Of each request: {format_effort(report)}"
    machine = report.spent.machine if report.spent else None
    yield f"The machine during the run: {format_machine(machine)}"
    yield from _problems(report)
    yield _summary(report)


def format_target(target: Target) -> str:
    """A target, what was measured, and the verdict."""
    measured = "nothing measured" if target.measured is None else f"{target.measured:.2f}"
    line = (
        f"{target.verdict.value:<13}{target.name}: {measured} {target.unit}, wanted at most "
        f"{target.limit:g} {target.unit}"
    )
    if target.verdict is Verdict.INCONCLUSIVE:
        return f"{line}; {target.samples} samples, {target.bad} beyond it"
    return line


def _by_reason(left_out: Mapping[str, str]) -> Mapping[str, Sequence[str]]:
    names: dict[str, list[str]] = {}
    for name, reason in left_out.items():
        names.setdefault(reason, []).append(name)
    return names


def _problems(report: LoadReport) -> Iterator[str]:
    for finding in incomplete(report):
        yield finding.text
    for reason, names in _by_reason(report.left_out).items():
        yield f"left out: {', '.join(names)}: {reason}"
    for name, one in report.operations.items():
        for code, count in one.errors.items():
            yield f"{name}: {count} of {one.requests} failed: {code}"
        for code, count in one.protected.items():
            yield f"{name}: {count} of {one.requests} refused on purpose: {code}"
        for target in one.targets:
            if target.verdict is Verdict.FAIL:
                yield f"{name}: {format_target(target)}"
    for silence in report.silences:
        yield (
            f"the server answered nothing for {silence.seconds:.1f} s from second "
            f"{silence.begins_at:.1f} on, while {silence.waiting} requests waited"
        )
    if not report.generator.kept_up:
        yield (
            "the generator could not keep up: 1% of the requests were sent "
            f"{report.generator.late_p99_ms:.0f} ms late or more; a limit that is missed by less "
            "than twice that is not held against the server"
        )


def _summary(report: LoadReport) -> str:
    targets = [
        *report.targets,
        *(one for each in report.operations.values() for one in each.targets),
    ]
    counts = Counter(target.verdict for target in targets)
    return f"{report.verdict.value}: " + ", ".join(
        f"{counts[verdict]} {verdict.value}" for verdict in Verdict
    )


def _ms(interval: Interval | None) -> str:
    return f"{interval.value:>9.1f}" if interval else f"{'-':>9}"
