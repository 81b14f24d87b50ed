"""Repository methods and calls to the model that are more frequent than in the baseline."""

from collections.abc import Iterator, Mapping
from math import sqrt

from perf.cli.exit_status import ExitStatus, Finding
from perf.load.results.report import Counts, LoadReport

CALLS_DIFFER = 0.5
"""Periodic background work may add fractions of a call to requests measured alone."""
_SHARE_UNDER_LOAD, _CALLS_A_REQUEST, _SIGMAS = 1.5, 0.05, 6


def call_findings(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    """Findings about methods that run more often for one request (exact), and in the whole run."""
    yield from _alone(baseline, current)
    if baseline.counts is not None and current.counts is not None:
        requests = _requests(baseline), _requests(current)
        yield from _under_load((baseline.counts, current.counts), requests)


def calls_sentence(method: str, before: float, after: float) -> str:
    """How often a method runs for one request, and how often it did in the baseline."""
    return f"{method} ran {before:g} times a request, and runs {after:g} times now"


def _alone(baseline: LoadReport, current: LoadReport) -> Iterator[Finding]:
    for name, after in current.operations.items():
        before = baseline.operations.get(name)
        if before is None or not before.alone:
            continue
        if not after.alone:
            text = f"{name}: what one request calls was counted before, and is not now"
            yield Finding(ExitStatus.NOT_COUNTED, text, name)
        for method, use in after.alone.items():
            old = before.alone[method].calls if method in before.alone else 0.0
            if use.calls - old > CALLS_DIFFER:
                sentence = calls_sentence(method, old, use.calls)
                yield Finding(ExitStatus.MORE_CALLS, f"{name}: {sentence}.", name)


def _under_load(counts: tuple[Counts, Counts], requests: tuple[int, int]) -> Iterator[Finding]:
    before, after = (_counted(one) for one in counts)
    for name, new in after.items():
        old, each = before.get(name, 0.0), new / max(1, requests[1])
        expected = old * requests[1] / max(1, requests[0])
        if (
            new > _SHARE_UNDER_LOAD * expected
            and new - expected > _CALLS_A_REQUEST * requests[1]
            and new - expected > _SIGMAS * sqrt(new + expected)
        ):
            yield Finding(
                ExitStatus.MORE_CALLS,
                f"{name} ran {old / max(1, requests[0]):.2f} times for each request of the whole "
                f"run, and runs {each:.2f} times now",
            )
    for method, use in counts[1].methods.items():
        failed = counts[0].methods[method].errors if method in counts[0].methods else 0.0
        if use.errors and not failed:
            text = f"{method} failed {use.errors:g} times in the database, and not in the baseline"
            yield Finding(ExitStatus.NEW_ERRORS, text)


def _counted(counts: Counts) -> Mapping[str, float]:
    return {
        "statements": counts.statements,
        "requests to the model": counts.model_attempts,
        "retries of requests to the model": counts.retries,
    } | {method: use.calls for method, use in counts.methods.items()}


def _requests(report: LoadReport) -> int:
    return sum(one.requests for one in report.operations.values() if not one.swept)
