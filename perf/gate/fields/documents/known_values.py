"""Values for arguments, which depend on the callers; some come from earlier answers."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from perf.gate.data.callers import CallerGroup
from perf.gate.execution.in_process import NOW
from perf.gate.variants.values import largest_list

MOST_IN_A_LIST = 100


class NoKnownValue(Exception):
    """No such value was answered to these callers."""


class KnownValues:
    """The scalar values that a group of callers received, by `Type.field`."""

    def __init__(self, callers: CallerGroup) -> None:
        self.callers = callers
        # Any: JSON.
        self._values: dict[str, dict[Any, None]] = defaultdict(dict)
        for id_ in callers.completed_erasure_ids:
            self.remember("PrivacyRequest.id", id_)

    def remember(self, coordinate: str, value: Any) -> None:  # JSON
        """Remember a value, unless it is null, a list or an object."""
        if isinstance(value, str | int | float):
            self._values[coordinate][value] = None

    def values(self, coordinate: str) -> list[Any]:
        """The distinct values of a field, in the order of their arrival."""
        return list(self._values.get(coordinate, ()))


class ValueGenerator(Protocol):
    """Generates the value of an argument, which may depend on the callers."""

    def value(self, known: KnownValues, /) -> Any:  # Any: JSON
        """The value for these callers; raises `NoKnownValue`."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for all callers."""

    constant: Any  # Any: JSON that can be hashed

    def value(self, _known: KnownValues, /) -> Any:  # JSON
        """Return the constant."""
        return self.constant


@dataclass(frozen=True, slots=True)
class AnsweredValue:
    """One of the values that a field returned."""

    coordinate: str
    index: int = 0

    def value(self, known: KnownValues, /) -> Any:  # JSON
        """The value at the index `index`."""
        values = known.values(self.coordinate)
        if self.index >= len(values):
            raise NoKnownValue(self.coordinate)
        return values[self.index]


@dataclass(frozen=True, slots=True)
class AnsweredValues:
    """All values that a field returned."""

    coordinate: str

    def value(self, known: KnownValues, /) -> Any:  # JSON
        """As many values as a list argument may be expected to accept."""
        return known.values(self.coordinate)[:MOST_IN_A_LIST]


@dataclass(frozen=True, slots=True)
class LongList:
    """The values that a field returned, and ids of nothing, until the list is long."""

    coordinate: str

    def value(self, known: KnownValues, /) -> list[Any]:
        """As many values as a list argument may be expected to accept."""
        values = known.values(self.coordinate)
        if not values:
            raise NoKnownValue(self.coordinate)
        return largest_list(values, MOST_IN_A_LIST)


@dataclass(frozen=True, slots=True)
class ValueByGroup:
    """A value for each group of callers."""

    values: tuple[tuple[CallerGroup, str], ...]

    def value(self, known: KnownValues, /) -> str:
        """The value of these callers."""
        return dict(self.values)[known.callers]


@dataclass(frozen=True, slots=True)
class Day:
    """The first or last day for which the callers have a row."""

    is_first: bool

    def value(self, known: KnownValues, /) -> str:
        """The day in ISO 8601."""
        days = known.callers.rows - 1 if self.is_first else 0
        return str(NOW.date() - timedelta(days=days))


@dataclass(frozen=True, slots=True)
class SingleItemList:
    """A list with one item."""

    item: ValueGenerator

    def value(self, known: KnownValues, /) -> list[Any]:
        """A list with the value of the item."""
        return [self.item.value(known)]


@dataclass(frozen=True, slots=True)
class InputObject:
    """An input object."""

    members: tuple[tuple[str, ValueGenerator], ...]

    def value(self, known: KnownValues, /) -> dict[str, Any]:
        """The values of its fields."""
        return {name: one.value(known) for name, one in self.members}
