"""The targets of a run, and whether they were met."""

from collections.abc import Mapping, Sequence

from gql.documents.trusted_documents import (
    Budget,
)
from gql.values.objectives import OBJECTIVE_ERROR_SHARE, OBJECTIVE_P95_MS, OBJECTIVE_P99_MS
from perf.load.generator.outcomes import OutcomeKind
from perf.load.generator.samples import PROBE, Sample
from perf.load.results.report import OperationResult, Silence, Target
from perf.statistics.percentiles import percentile
from perf.statistics.verdicts import Verdict, binomial_verdict, samples_needed

UNAVAILABLE_SHARE, REFUSED_SHARE = 0.005, 0.1
"""The largest shares of probes without an answer, and of requests that are refused."""
LONGEST_SILENCE_SECONDS = 1.0
REFUSED = "refused on purpose"
"""The name of the target for refusals."""


def operation_targets(
    budget: Budget, samples: Sequence[Sample], ordered: Sequence[float], *, slack_ms: float
) -> tuple[Target, ...]:
    """The targets of an operation: its latency budget, errors, and refusals.

    `ordered` are its sorted latencies in milliseconds. Refusals count neither as latencies nor as
    errors.
    """
    return (
        latency_target("p95", ordered, 0.95, budget.p95_ms, slack_ms=slack_ms),
        latency_target("p99", ordered, 0.99, budget.p99_ms, slack_ms=slack_ms),
        _share("errors", samples, OutcomeKind.ERROR, OBJECTIVE_ERROR_SHARE, counts_refused=False),
        _share(REFUSED, samples, OutcomeKind.PROTECTED, REFUSED_SHARE, counts_refused=True),
    )


def overall_targets(
    operations: Mapping[str, OperationResult],
    samples: Sequence[Sample],
    silences: Sequence[Silence],
    *,
    slack_ms: float,
) -> tuple[Target, ...]:
    """The targets over all operations: read latency, errors, availability, and stalls."""
    reads = sorted(
        latency / 1_000
        for one in operations.values()
        if one.is_read
        for latency in one.latencies_us
    )
    probes = [one for one in samples if one.operation == PROBE]
    requests = [one for one in samples if one.operation != PROBE]
    return (
        latency_target("p95 of reads", reads, 0.95, OBJECTIVE_P95_MS, slack_ms=slack_ms),
        latency_target("p99 of reads", reads, 0.99, OBJECTIVE_P99_MS, slack_ms=slack_ms),
        _share("errors", requests, OutcomeKind.ERROR, OBJECTIVE_ERROR_SHARE, counts_refused=False),
        _share("unavailable", probes, OutcomeKind.ERROR, UNAVAILABLE_SHARE, counts_refused=False),
        _silence(silences),
    )


def latency_target(
    name: str, ordered: Sequence[float], share: float, limit_ms: float, *, slack_ms: float
) -> Target:
    """Whether a percentile is within its limit.

    `slack_ms` is what the generator itself may have added to latencies: a limit exceeded by less
    than that is INCONCLUSIVE, not a FAIL.
    """
    found = percentile(ordered, share)
    bad = sum(one > limit_ms for one in ordered)
    allowed = round(1 - share, 6)
    return Target(
        name=name,
        limit=limit_ms,
        unit="ms",
        measured=found.value if found else None,
        bad=bad,
        samples=len(ordered),
        needed=samples_needed(allowed),
        verdict=_latency_verdict(ordered, allowed, limit_ms, slack_ms),
    )


def _latency_verdict(
    ordered: Sequence[float], allowed: float, limit_ms: float, slack_ms: float
) -> Verdict:
    count = len(ordered)
    verdict = binomial_verdict(sum(one > limit_ms for one in ordered), count, allowed)
    if verdict is not Verdict.FAIL or not slack_ms:
        return verdict
    surely = binomial_verdict(sum(one > limit_ms + slack_ms for one in ordered), count, allowed)
    return Verdict.FAIL if surely is Verdict.FAIL else Verdict.INCONCLUSIVE


def _share(
    name: str, samples: Sequence[Sample], kind: OutcomeKind, allowed: float, *, counts_refused: bool
) -> Target:
    bad = sum(one.outcome.kind is kind for one in samples)
    total = sum(counts_refused or one.outcome.kind is not OutcomeKind.PROTECTED for one in samples)
    return Target(
        name=name,
        limit=allowed * 100,
        unit="%",
        measured=100 * bad / total if total else None,
        bad=bad,
        samples=total,
        needed=samples_needed(allowed),
        verdict=binomial_verdict(bad, total, allowed),
    )


def _silence(silences: Sequence[Silence]) -> Target:
    longest = max((one.seconds for one in silences), default=0.0)
    bad = sum(one.seconds > LONGEST_SILENCE_SECONDS for one in silences)
    return Target(
        name="longest stall",
        limit=LONGEST_SILENCE_SECONDS,
        unit="s",
        measured=longest,
        bad=bad,
        samples=len(silences),
        needed=0,
        verdict=Verdict.FAIL if bad else Verdict.PASS,
    )
