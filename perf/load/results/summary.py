"""Aggregates the samples of a run for its report."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from perf.load.generator.outcomes import OutcomeKind
from perf.load.generator.samples import PROBE, Sample
from perf.load.results.report import (
    Generator,
    Interval,
    MethodUse,
    OperationResult,
    Silence,
    StageResult,
)
from perf.load.results.stalls import stalls
from perf.load.results.targets import operation_targets
from perf.load.workload.flows import Flow
from perf.load.workload.profiles import WARM_UP, Profile
from perf.statistics.percentiles import percentile

_MOST_LATE_MS = 25.0
_FEWEST_UNANSWERED, _UNANSWERED_SECONDS = 10, 1.0
_MS, _US = 1_000, 1_000_000


def without_warm_up(samples: Iterable[Sample]) -> list[Sample]:
    """The samples without those of the warm-up."""
    return [one for one in samples if one.stage != WARM_UP]


def latencies(samples: Iterable[Sample]) -> list[float]:
    """Sorted milliseconds of all samples but refusals, which are quick.

    Errors count with their latency; a request without an answer took as long as the time-out.
    """
    return sorted(
        one.latency * _MS for one in samples if one.outcome.kind is not OutcomeKind.PROTECTED
    )


def interval(ordered: Sequence[float], share: float) -> Interval | None:
    """A percentile in the form of the report."""
    found = percentile(ordered, share)
    if found is None:
        return None
    return Interval(value=found.value, low=found.low, high=found.high)


def operation(
    flow: Flow, samples: Sequence[Sample], alone: dict[str, MethodUse], *, slack_ms: float
) -> OperationResult:
    """The results of one operation."""
    ordered = latencies(samples)
    return OperationResult(
        requests=len(samples),
        is_read=flow.is_read,
        p50=interval(ordered, 0.5),
        p95=interval(ordered, 0.95),
        p99=interval(ordered, 0.99),
        errors=_codes(samples, OutcomeKind.ERROR),
        protected=_codes(samples, OutcomeKind.PROTECTED),
        targets=operation_targets(flow.budget, samples, ordered, slack_ms=slack_ms),
        latencies_us=tuple(round(one * _US / _MS) for one in ordered),
        alone=alone,
    )


def stage_results(
    profile: Profile, flows: Mapping[str, Flow], samples: Sequence[Sample]
) -> dict[str, StageResult]:
    """Results by stage without the warm-up, over operations that do not wait for the model."""
    quick = [one for one in samples if _is_quick(one, flows)]
    results = {}
    for stage in profile.stages[1:]:
        ordered = latencies(one for one in quick if one.stage == stage.name)
        results[stage.name] = StageResult(
            seconds=stage.seconds,
            requests=sum(one.stage == stage.name and one.operation != PROBE for one in samples),
            p50=interval(ordered, 0.5),
            p95=interval(ordered, 0.95),
            p99=interval(ordered, 0.99),
        )
    return results


def silences(flows: Mapping[str, Flow], samples: Sequence[Sample]) -> tuple[Silence, ...]:
    """The stalls of the run, from probes and operations that do not wait for the model."""
    quick = [one for one in samples if one.operation == PROBE or _is_quick(one, flows)]
    return tuple(
        Silence(
            begins_at=round(one.begins_at, 3), seconds=round(one.seconds, 3), waiting=one.waiting
        )
        for one in stalls(quick)
    )


def generator_result(
    samples: Sequence[Sample], most_in_flight: int, planned: int | None = None
) -> Generator:
    """Whether everything was sent, and on time."""
    # A timer may fire some nanoseconds early.
    late = interval(sorted(max(0.0, one.lateness * _MS) for one in samples), 0.99)
    late_ms = late.value if late else 0.0
    return Generator(
        sent=len(samples),
        planned=planned,
        most_in_flight=most_in_flight,
        late_p99_ms=late_ms,
        kept_up=late_ms <= _MOST_LATE_MS,
    )


def unanswered_from(samples: Sequence[Sample]) -> float | None:
    """The second after which no request was answered until the end; None if one was.

    The server is gone, or answers with errors only.
    """
    last = max(
        (one.ended for one in samples if one.outcome.kind is not OutcomeKind.ERROR), default=0.0
    )
    unanswered = [one.due for one in samples if one.due > last]
    if len(unanswered) < _FEWEST_UNANSWERED or max(unanswered) - last < _UNANSWERED_SECONDS:
        return None
    return round(last, 3)


def slack_ms(generator: Generator) -> float:
    """Milliseconds the generator may have added to a latency, by sending and by reading late."""
    return 0.0 if generator.kept_up else 2 * generator.late_p99_ms


def _is_quick(sample: Sample, flows: Mapping[str, Flow]) -> bool:
    return sample.operation != PROBE and not flows[sample.operation].waits_for_model


def _codes(samples: Sequence[Sample], kind: OutcomeKind) -> dict[str, int]:
    return dict(Counter(one.outcome.code for one in samples if one.outcome.kind is kind))
