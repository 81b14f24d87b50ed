"""What the rounds come to, operation by operation, and what explains it."""

from dataclasses import dataclass
from statistics import median

from perf.ab.rounds import Arm, Measured
from perf.report.explain import Run, explanation
from perf.statistics.bootstrap import Change, Effect, effect

FALSE_ALARMS = 0.05
"""How often, at most, any operation of the same version is called slower or faster."""
_MS = 1_000


@dataclass(frozen=True, slots=True)
class OperationEffect:
    """What became of an operation: medians in milliseconds, the effect, and why."""

    name: str
    samples: int
    a_ms: float
    b_ms: float
    effect: Effect | None
    change: Change
    why: tuple[str, ...]


def effects(measured: Measured, *, minimum: float) -> tuple[OperationEffect, ...]:
    """Judge every operation; the chance of a false alarm is shared among all of them."""
    confidence = 1 - FALSE_ALARMS / len(measured.differences)
    return tuple(
        _effect(name, measured, effect(differences, confidence=confidence), minimum)
        for name, differences in measured.differences.items()
    )


def _effect(name: str, measured: Measured, found: Effect | None, minimum: float) -> OperationEffect:
    a_ms, b_ms = (median(arm.latencies[name]) * _MS for arm in (measured.a, measured.b))
    change = Change.UNKNOWN if found is None else found.change(minimum)
    why: tuple[str, ...] = ()
    if change in {Change.SLOWER, Change.FASTER}:
        why = explanation(_uses(measured.a, name), _uses(measured.b, name), added_ms=b_ms - a_ms)
    return OperationEffect(name, len(measured.b.latencies[name]), a_ms, b_ms, found, change, why)


def _uses(arm: Arm, name: str) -> Run:
    return arm.alone.get(name, {}), arm.methods
