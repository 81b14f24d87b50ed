"""The smallest change of each quantile that a comparison can detect."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from perf.statistics.resampling import critical_value
from perf.statistics.shift import RankedLatencies, Round, Shift

FALSE_ALARMS = 0.05
"""The largest share of comparisons that may report a change between identical versions."""
POWER = 0.8
_DEVIATIONS_OF_POWER = 0.8416
"""The quantile of the standard normal distribution for a power of 80%."""
REQUIRED_QUANTILES = (0.5, 0.95)
"""The quantiles that every comparison must decide; others are reported where possible."""
_FEWEST_BEYOND = 30
_OF_MINIMUM = {0.9: 2, 0.95: 2, 0.99: 4}

Rounds: TypeAlias = Mapping[str, Sequence[Round]]
Shifts: TypeAlias = Mapping[str, Sequence[Shift]]
EffectByQuantile: TypeAlias = Mapping[float, float]
"""By quantile, the smallest change (0.1 is a tenth) that is detected with a probability of 80%."""
DetectableEffects: TypeAlias = Mapping[str, EffectByQuantile]
"""The detectable effects of each operation."""


def minimum_effect(probability: float, minimum: float) -> float:
    """The smallest change of a quantile that is reported; larger for tails, which vary more.

    `minimum` applies to the median: it is doubled for the ninth decile and p95, and multiplied by
    four for p99.
    """
    return minimum * _OF_MINIMUM.get(probability, 1)


def shifts_of(rounds: Rounds) -> tuple[float, dict[str, list[Shift]]]:
    """The critical value, and the shifts of all operations, whose intervals hold together."""
    ranked = {name: RankedLatencies(of_operation) for name, of_operation in rounds.items()}
    critical = critical_value(
        [row for one in ranked.values() for row in one.excesses()], false_alarms=FALSE_ALARMS
    )
    return critical, {name: one.shifts(critical) for name, one in ranked.items()}


class Precision:
    """Computes the width of intervals, and whether they are narrow enough for `minimum`."""

    def __init__(self, minimum: float) -> None:
        self._minimum = minimum
        self._critical = 0.0

    def detectable_effects(self, rounds: Rounds, *, growth: float) -> dict[str, EffectByQuantile]:
        """The effects that will be detectable with `growth` times as many rounds."""
        self._critical, shifts = shifts_of(rounds)
        return {
            name: {
                one.probability: one.detectable_effect(self._critical, _DEVIATIONS_OF_POWER, growth)
                for one in found
            }
            for name, found in shifts.items()
        }

    def is_reached(self, rounds: Rounds) -> bool:
        """Whether the intervals of all required quantiles are no wider than the minimum effect.

        An interval of that width excludes either zero or the minimum effect. The critical value is
        the one computed after the pilot, since more rounds hardly change it. At least 30 samples
        beyond p95 are required, because an interval from fewer may be narrow by chance.
        """
        ranked = [RankedLatencies(one) for one in rounds.values()]
        return all(
            one.beyond(max(REQUIRED_QUANTILES)) >= _FEWEST_BEYOND
            and all(
                shift.width <= minimum_effect(shift.probability, self._minimum)
                for shift in one.shifts(self._critical, REQUIRED_QUANTILES)
            )
            for one in ranked
        )
