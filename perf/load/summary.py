"""From the samples of a run to its report."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from perf.load.flows import Flow
from perf.load.outcomes import Kind
from perf.load.profiles import WARM_UP, Profile
from perf.load.result import Generator, Interval, MethodUse, Operation, Silence, Stage
from perf.load.samples import PROBE, Sample
from perf.load.stalls import stalls
from perf.load.targets import operation_targets
from perf.statistics.percentiles import percentile

_MOST_LATE_MS = 25.0
_FEWEST_UNANSWERED, _UNANSWERED_SECONDS = 10, 1.0
_MS, _US = 1_000, 1_000_000


def counted(samples: Iterable[Sample]) -> list[Sample]:
    """Those that count: not the warm-up."""
    return [one for one in samples if one.stage != WARM_UP]


def latencies(samples: Iterable[Sample]) -> list[float]:
    """Milliseconds, sorted, of everything but what was refused on purpose, which is quick.

    An error has a latency too: what never came took as long as it was waited for.
    """
    return sorted(one.latency * _MS for one in samples if one.outcome.kind is not Kind.PROTECTED)


def interval(ordered: Sequence[float], share: float) -> Interval | None:
    """A percentile as the report has it."""
    found = percentile(ordered, share)
    if found is None:
        return None
    return Interval(value=found.value, low=found.low, high=found.high)


def operation(
    flow: Flow, samples: Sequence[Sample], alone: dict[str, MethodUse], *, slack_ms: float
) -> Operation:
    """What became of one operation."""
    ordered = latencies(samples)
    return Operation(
        requests=len(samples),
        is_read=flow.is_read,
        p50=interval(ordered, 0.5),
        p95=interval(ordered, 0.95),
        p99=interval(ordered, 0.99),
        errors=_codes(samples, Kind.ERROR),
        protected=_codes(samples, Kind.PROTECTED),
        targets=operation_targets(flow.budget, samples, ordered, slack_ms=slack_ms),
        latencies_us=tuple(round(one * _US / _MS) for one in ordered),
        alone=alone,
    )


def stage_results(
    profile: Profile, flows: Mapping[str, Flow], samples: Sequence[Sample]
) -> dict[str, Stage]:
    """The stages that count, over what does not wait for the model."""
    quick = [one for one in samples if _is_quick(one, flows)]
    results = {}
    for stage in profile.stages[1:]:
        ordered = latencies(one for one in quick if one.stage == stage.name)
        results[stage.name] = Stage(
            seconds=stage.seconds,
            requests=sum(one.stage == stage.name and one.operation != PROBE for one in samples),
            p50=interval(ordered, 0.5),
            p95=interval(ordered, 0.95),
            p99=interval(ordered, 0.99),
        )
    return results


def silences(flows: Mapping[str, Flow], samples: Sequence[Sample]) -> tuple[Silence, ...]:
    """When the server answered nobody, probes included, who wait for no model either."""
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
    """Whether everything was sent, and when it was to be sent."""
    # A timer may fire some nanoseconds before its time.
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
    """The second from which on nobody was answered until the end; None where somebody was.

    A server that has gone, or one that answers with errors alone.
    """
    last = max((one.ended for one in samples if one.outcome.kind is not Kind.ERROR), default=0.0)
    unanswered = [one.due for one in samples if one.due > last]
    if len(unanswered) < _FEWEST_UNANSWERED or max(unanswered) - last < _UNANSWERED_SECONDS:
        return None
    return round(last, 3)


def slack_ms(generator: Generator) -> float:
    """What the generator may have added to a latency: late in sending, and late in reading."""
    return 0.0 if generator.kept_up else 2 * generator.late_p99_ms


def _is_quick(sample: Sample, flows: Mapping[str, Flow]) -> bool:
    return sample.operation != PROBE and not flows[sample.operation].waits_for_model


def _codes(samples: Sequence[Sample], kind: Kind) -> dict[str, int]:
    return dict(Counter(one.outcome.code for one in samples if one.outcome.kind is kind))
