"""The verdict on each operation and quantile, with its explanation."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import fmean

from perf.comparisons.ab.precision import REQUIRED_QUANTILES, minimum_effect, shifts_of
from perf.comparisons.ab.rounds import Arm, Measured
from perf.comparisons.report.comparison.explanation import RunUses, explanation
from perf.statistics.shift import Shift

_MS = 1_000


class ShiftVerdict(Enum):
    """The verdict on a quantile, an operation or a version."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "no change"
    UNKNOWN = "cannot be told"


@dataclass(frozen=True, slots=True)
class OperationShift:
    """The shifts of one operation, in seconds, and their explanation."""

    name: str
    samples: int
    shifts: tuple[Shift, ...]
    minimum: float
    why: tuple[str, ...] = ()

    @property
    def change(self) -> ShiftVerdict:
        """Slower or faster if any quantile is; unchanged only if all required quantiles are."""
        return combined_verdict(
            [change_of(one, self.minimum) for one in self.shifts], self._asked()
        )

    def changed(self, change: ShiftVerdict) -> list[Shift]:
        """The quantiles that have this verdict."""
        return [one for one in self.shifts if change_of(one, self.minimum) is change]

    def at(self, probability: float) -> Shift:
        """The shift of one quantile."""
        return next(one for one in self.shifts if one.probability == probability)

    def _asked(self) -> list[ShiftVerdict]:
        return [change_of(self.at(one), self.minimum) for one in REQUIRED_QUANTILES]


def change_of(shift: Shift, minimum: float) -> ShiftVerdict:
    """The verdict on one quantile; `minimum` is the smallest reported change of a median.

    Slower or faster if the interval excludes zero and the change is at least half of the minimum
    effect, since two processes of the same program differ slightly. Otherwise unchanged if the
    interval excludes the minimum effect, or is no wider than it.
    """
    least = minimum_effect(shift.probability, minimum)
    if shift.low > 0 and shift.value >= least / 2:
        return ShiftVerdict.SLOWER
    if shift.high < 0 and shift.value <= _opposite(least / 2):
        return ShiftVerdict.FASTER
    is_within = _opposite(least) < shift.low and shift.high < least
    if is_within or shift.width <= least:
        return ShiftVerdict.SAME
    return ShiftVerdict.UNKNOWN


def combined_verdict(seen: Sequence[ShiftVerdict], asked: Sequence[ShiftVerdict]) -> ShiftVerdict:
    """The combined verdict: unchanged only if every required quantile is unchanged."""
    for change in (ShiftVerdict.SLOWER, ShiftVerdict.FASTER):
        if change in seen:
            return change
    return ShiftVerdict.UNKNOWN if ShiftVerdict.UNKNOWN in asked else ShiftVerdict.SAME


def outcome(found: Sequence[OperationShift], *, is_complete: bool) -> ShiftVerdict:
    """The verdict on all operations, and on whether all of them were compared.

    A faster operation does not hide an undecided one.
    """
    changes = {one.change for one in found} | ({ShiftVerdict.UNKNOWN} if not is_complete else set())
    order = (ShiftVerdict.SLOWER, ShiftVerdict.UNKNOWN, ShiftVerdict.FASTER)
    return next((change for change in order if change in changes), ShiftVerdict.SAME)


def judge(measured: Measured, *, minimum: float) -> tuple[OperationShift, ...]:
    """Judge every operation, with simultaneous confidence intervals."""
    _, shifts = shifts_of(measured.interleaved.rounds)
    return tuple(_operation(name, measured, found, minimum) for name, found in shifts.items())


def _operation(
    name: str, measured: Measured, shifts: Sequence[Shift], minimum: float
) -> OperationShift:
    a, b = (measured.interleaved.latencies(name, side) for side in (0, 1))
    found = OperationShift(name, len(b), tuple(shifts), minimum)
    if found.change not in {ShiftVerdict.SLOWER, ShiftVerdict.FASTER}:
        return found
    added_ms = (fmean(b) - fmean(a)) * _MS
    why = explanation(_uses(measured.a, name), _uses(measured.b, name), added_ms=added_ms)
    return OperationShift(name, len(b), tuple(shifts), minimum, why)


def _uses(arm: Arm, name: str) -> RunUses:
    return arm.alone.get(name, {}), arm.methods


def _opposite(change: float) -> float:
    """The change that cancels another."""
    return 1 / (1 + change) - 1
