"""Checks that the numbers of a report do not contradict each other."""

from collections.abc import Iterator
from itertools import pairwise
from math import isclose

from perf.load.results.report import Interval, LoadReport, OperationResult, Target
from perf.statistics.percentiles import percentile
from perf.statistics.verdicts import Verdict, worst

_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_ROUNDING_MS = 0.001


def contradiction_in(report: LoadReport) -> str | None:
    """A description of the first contradiction; None if there is none."""
    return next(_contradictions(report), None)


def _contradictions(report: LoadReport) -> Iterator[str]:
    for name, one in report.operations.items():
        for said in _of_operation(one):
            yield f"operations.{name}.{said}"
    for target in report.targets:
        for said in _of_target(target):
            yield f"targets.{target.name}: {said}"
    verdicts = [
        *(one.verdict for one in report.targets),
        *(target.verdict for one in report.operations.values() for target in one.targets),
    ]
    if report.verdict is Verdict.PASS and worst(verdicts) is not Verdict.PASS:
        yield f"verdict is PASS, though a target is {worst(verdicts).value}"


def _of_operation(one: OperationResult) -> Iterator[str]:
    samples = one.latencies_us
    refused, failed = sum(one.protected.values()), sum(one.errors.values())
    if len(samples) + refused != one.requests:
        yield (
            f"requests: {one.requests} are not the {len(samples)} samples and {refused} refused "
            "ones"
        )
    if failed > len(samples):
        yield f"errors: {failed} are more than the {len(samples)} samples"
    if any(before > after for before, after in pairwise(samples)):
        yield "latencies_us are not in their order"
    for name, share in _SHARES.items():
        found: Interval | None = getattr(one, name)
        true = percentile(samples, share)
        if (found is None) != (true is None):
            yield f"{name} is {'missing' if found is None else 'there'}, samples or not"
        elif found is not None and true is not None and not _fits(found, true.value / 1_000):
            true_ms = true.value / 1_000
            yield f"{name}: {found.value:g} ms is not that of the samples, {true_ms:g} ms"
    for target in one.targets:
        for said in _of_target(target):
            yield f"targets.{target.name}: {said}"


def _fits(found: Interval, true_ms: float) -> bool:
    low = found.value if found.low is None else found.low
    high = found.value if found.high is None else found.high
    return low <= found.value <= high and isclose(
        found.value, true_ms, rel_tol=1e-9, abs_tol=_ROUNDING_MS
    )


def _of_target(target: Target) -> Iterator[str]:
    if target.needed and target.bad > target.samples:
        yield f"{target.bad} of {target.samples} are bad"
    if target.verdict is Verdict.PASS and target.samples < target.needed:
        yield f"a PASS needs {target.needed} samples, and there are {target.samples}"
    if target.verdict is Verdict.FAIL and not target.bad:
        yield "a FAIL without a bad sample"
