"""What a run failed to measure, each gap as a finding."""

from collections.abc import Iterator

from perf.cli.exit_status import ExitStatus, Finding, decisive_status
from perf.load.results.report import LoadReport, OperationResult, Target
from perf.load.results.targets import REFUSED
from perf.statistics.verdicts import Verdict


def incomplete(report: LoadReport) -> tuple[Finding, ...]:
    """A finding for everything that should have been measured and was not."""
    return (*_of_the_run(report), *_of_operations(report), *_of_counts(report))


def outcome(report: LoadReport, *, is_own: bool) -> ExitStatus:
    """The exit status of a run; missing counts matter only for a server of our own."""
    states = [one.state for one in incomplete(report)]
    missed = [
        target
        for targets in (report.targets, *(one.targets for one in report.operations.values()))
        for target in targets
        if target.verdict is Verdict.FAIL
    ]
    return decisive_status(
        [
            *(one for one in states if is_own or one is not ExitStatus.NOT_COUNTED),
            *map(status_of_missed_target, missed),
        ]
    )


def status_of_missed_target(target: Target) -> ExitStatus:
    """The exit status for a missed target; too many refusals have a status of their own."""
    return ExitStatus.REFUSED if target.name == REFUSED else ExitStatus.REGRESSION


def _of_the_run(report: LoadReport) -> Iterator[Finding]:
    generator = report.generator
    if generator.planned is not None and generator.sent < generator.planned:
        yield Finding(
            ExitStatus.ENDED_EARLY,
            f"the run ended early: {generator.sent} of {generator.planned} planned requests were "
            "sent",
        )
    if report.unanswered_from is not None:
        yield Finding(
            ExitStatus.ENDED_EARLY,
            f"the server answered nobody from second {report.unanswered_from:.1f} of "
            f"{report.seconds:.0f} on, until the end of the run",
        )


def _of_operations(report: LoadReport) -> Iterator[Finding]:
    for name in report.mix:
        if name not in report.operations:
            yield Finding(
                ExitStatus.NOT_MEASURED,
                f"{name} is in the mix, and the report has nothing of it",
                name,
            )
    for name, one in report.operations.items():
        state = _unmeasured(one)
        if state is not None:
            yield Finding(state[0], f"{name} was not measured: {state[1]}", name)


def _unmeasured(one: OperationResult) -> tuple[ExitStatus, str] | None:
    refused, failed = sum(one.protected.values()), sum(one.errors.values())
    if not one.requests:
        return ExitStatus.NOT_MEASURED, "no samples at all"
    if refused + failed < one.requests:
        return None
    codes = ", ".join(one.errors | one.protected)
    if not failed:
        return ExitStatus.REFUSED, f"all {one.requests} requests were refused on purpose: {codes}"
    return ExitStatus.NOT_MEASURED, f"none of {one.requests} requests was answered: {codes}"


def _of_counts(report: LoadReport) -> Iterator[Finding]:
    if report.counts is None:
        reason = report.not_counted or "its /metrics could not be read"
        yield Finding(
            ExitStatus.NOT_COUNTED,
            f"what the server counted is not known, so that nothing is said of its calls: {reason}",
        )
