"""What a comparison can see: the least change of each quantile that it would not miss."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from perf.statistics.shift import Ranked, Round, Shift
from perf.statistics.signs import critical_value

FALSE_ALARMS = 0.05
"""How often, at most, anything of the same version is called slower or faster."""
POWER = 0.8
_DEVIATIONS_OF_POWER = 0.8416
"""Of a normal distribution, so much lies below: 80%."""
ASKED = (0.5, 0.95)
"""The quantiles of which every comparison has to say something; others are seen where they can."""
_FEWEST_BEYOND = 30
_OF_MINIMUM = {0.9: 2, 0.95: 2, 0.99: 4}

Rounds: TypeAlias = Mapping[str, Sequence[Round]]
Shifts: TypeAlias = Mapping[str, Sequence[Shift]]
Seen: TypeAlias = Mapping[float, float]
"""By quantile the least change, 0.1 being a tenth, that is seen with 80%."""
Foresight: TypeAlias = Mapping[str, Seen]
"""The same by operation."""


def worth(probability: float, minimum: float) -> float:
    """The least change of a quantile that is worth a word, tails being known less precisely.

    `minimum` is that of the median: twice as much of the ninth decile and of p95, and four times of
    p99.
    """
    return minimum * _OF_MINIMUM.get(probability, 1)


def shifts_of(rounds: Rounds) -> tuple[float, dict[str, list[Shift]]]:
    """The critical value, and all shifts, whose intervals hold together."""
    ranked = {name: Ranked(of_operation) for name, of_operation in rounds.items()}
    critical = critical_value(
        [row for one in ranked.values() for row in one.excesses()], false_alarms=FALSE_ALARMS
    )
    return critical, {name: one.shifts(critical) for name, one in ranked.items()}


class Precision:
    """How wide intervals are, and whether they are narrow enough for `minimum`."""

    def __init__(self, minimum: float) -> None:
        self._minimum = minimum
        self._critical = 0.0

    def foresight(self, rounds: Rounds, *, growth: float) -> dict[str, Seen]:
        """What will be seen with `growth` times as many rounds."""
        self._critical, shifts = shifts_of(rounds)
        return {
            name: {
                one.probability: one.visible(self._critical, _DEVIATIONS_OF_POWER, growth)
                for one in found
            }
            for name, found in shifts.items()
        }

    def is_reached(self, rounds: Rounds) -> bool:
        """Whether the interval of every quantile that is asked is no wider than the minimum.

        It then excludes either no change or the minimum. The critical value is that of the pilot,
        which more rounds hardly change. Of a few samples beyond p95 an interval may be narrow by
        chance.
        """
        ranked = [Ranked(one) for one in rounds.values()]
        return all(
            one.beyond(max(ASKED)) >= _FEWEST_BEYOND
            and all(
                shift.width <= worth(shift.probability, self._minimum)
                for shift in one.shifts(self._critical, ASKED)
            )
            for one in ranked
        )
