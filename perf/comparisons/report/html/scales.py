"""Axes: positions of values, and ticks."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

_MOST_TICKS = 5
_APART = 20.0
"""The minimum distance of ticks in percent of the axis: the width of `500 ms` on a phone."""
_STEPS = (1, 2, 5)
_FINE_STEPS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
_ROOM = 1.2
"""The margin factor at both ends, so that every axis contains at least one fine step."""
_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class LogScale:
    """A logarithmic axis of microseconds, from `low` to `high`; positions are in percent."""

    low: float
    high: float

    @classmethod
    def over(cls, values: Sequence[float]) -> "LogScale":
        """The axis that contains all values, with margins."""
        low, high = max(1.0, min(values)), max(1.0, *values)
        return cls(low / _ROOM, high * _ROOM)

    def place(self, us: float) -> float:
        """The position of a value, limited to the axis."""
        inside = min(self.high, max(self.low, us))
        return 100 * log10(inside / self.low) / log10(self.high / self.low)

    def ticks(self) -> tuple[float, ...]:
        """Round values on the axis, far enough apart to be labelled."""
        coarse = self._ticks(_STEPS)
        return coarse if len(coarse) > 1 else self._ticks(_FINE_STEPS)

    def _ticks(self, steps: Sequence[float]) -> tuple[float, ...]:
        powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
        found: list[float] = []
        for us in (step * 10.0**power for power in powers for step in steps):
            is_inside = self.low <= us <= self.high
            if is_inside and (not found or self.place(us) - self.place(found[-1]) >= _APART):
                found.append(us)
        return tuple(found)


def linear_ticks(top: float) -> tuple[float, ...]:
    """At most five round values from zero to `top`."""
    rough = top / (_MOST_TICKS - 1)
    power = 10.0 ** floor(log10(rough))
    step = next(one * power for one in (*_STEPS, 10) if one * power >= rough * 0.999)
    return tuple(step * number for number in range(_MOST_TICKS) if step * number <= top * 1.001)


def milliseconds(us: float) -> str:
    """The label of a tick, with its unit."""
    return f"{us / _SECOND_US:g} s" if us >= _SECOND_US else f"{us / 1_000:g} ms"
