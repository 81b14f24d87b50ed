"""What the rounds come to, of each operation and quantile, and what explains it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import fmean

from perf.ab.precision import ASKED, shifts_of, worth
from perf.ab.rounds import Arm, Measured
from perf.report.explain import Run, explanation
from perf.statistics.shift import Shift

_MS = 1_000


class Change(Enum):
    """What became of a quantile, of an operation, or of a version."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "no change"
    UNKNOWN = "cannot be told"


@dataclass(frozen=True, slots=True)
class OperationShift:
    """What became of an operation: each quantile in seconds, and why."""

    name: str
    samples: int
    shifts: tuple[Shift, ...]
    minimum: float
    why: tuple[str, ...] = ()

    @property
    def change(self) -> Change:
        """Slower or faster where any quantile is; no change where that can be told of all asked."""
        return summed_up([change_of(one, self.minimum) for one in self.shifts], self._asked())

    def changed(self, change: Change) -> list[Shift]:
        """The quantiles of which this became."""
        return [one for one in self.shifts if change_of(one, self.minimum) is change]

    def at(self, probability: float) -> Shift:
        """One of the quantiles."""
        return next(one for one in self.shifts if one.probability == probability)

    def _asked(self) -> list[Change]:
        return [change_of(self.at(one), self.minimum) for one in ASKED]


def change_of(shift: Shift, minimum: float) -> Change:
    """What became of a quantile, `minimum` being the least change of a median worth a word.

    It is slower or faster where the interval leaves no change out, and the change is at least half
    of what is worth a word: two processes of the same program differ by a little. Otherwise it is
    none where the interval leaves out what is worth a word, or is no wider than that.
    """
    least = worth(shift.probability, minimum)
    if shift.low > 0 and shift.value >= least / 2:
        return Change.SLOWER
    if shift.high < 0 and shift.value <= _opposite(least / 2):
        return Change.FASTER
    is_within = _opposite(least) < shift.low and shift.high < least
    if is_within or shift.width <= least:
        return Change.SAME
    return Change.UNKNOWN


def summed_up(seen: Sequence[Change], asked: Sequence[Change]) -> Change:
    """What several come to: no change only where that is known of all that is asked."""
    for change in (Change.SLOWER, Change.FASTER):
        if change in seen:
            return change
    return Change.UNKNOWN if Change.UNKNOWN in asked else Change.SAME


def outcome(found: Sequence[OperationShift], *, is_complete: bool) -> Change:
    """What all operations come to, and whether nothing was left out.

    One that is faster does not hide that nothing can be told of another.
    """
    changes = {one.change for one in found} | ({Change.UNKNOWN} if not is_complete else set())
    order = (Change.SLOWER, Change.UNKNOWN, Change.FASTER)
    return next((change for change in order if change in changes), Change.SAME)


def judge(measured: Measured, *, minimum: float) -> tuple[OperationShift, ...]:
    """Judge every operation; all intervals hold together."""
    _, shifts = shifts_of(measured.turns.rounds)
    return tuple(_operation(name, measured, found, minimum) for name, found in shifts.items())


def _operation(
    name: str, measured: Measured, shifts: Sequence[Shift], minimum: float
) -> OperationShift:
    a, b = (measured.turns.latencies(name, side) for side in (0, 1))
    found = OperationShift(name, len(b), tuple(shifts), minimum)
    if found.change not in {Change.SLOWER, Change.FASTER}:
        return found
    added_ms = (fmean(b) - fmean(a)) * _MS
    why = explanation(_uses(measured.a, name), _uses(measured.b, name), added_ms=added_ms)
    return OperationShift(name, len(b), tuple(shifts), minimum, why)


def _uses(arm: Arm, name: str) -> Run:
    return arm.alone.get(name, {}), arm.methods


def _opposite(change: float) -> float:
    """The change that undoes another."""
    return 1 / (1 + change) - 1
