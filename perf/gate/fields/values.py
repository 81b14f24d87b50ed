"""Values for arguments, which depend on the callers; some come from earlier answers."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from perf.gate.callers import Callers
from perf.gate.running import NOW

MOST_IN_A_LIST = 100


class Unknown(Exception):
    """No such value was answered to these callers."""


class KnownValues:
    """The scalar values that a group of callers received, by `Type.field`."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        # Any: JSON.
        self._values: dict[str, dict[Any, None]] = defaultdict(dict)
        for id_ in callers.ids_of_requests_of_nobody:
            self.note("PrivacyRequest.id", id_)

    def note(self, coordinate: str, value: Any) -> None:  # JSON
        """Remember a value, unless it is null, a list or an object."""
        if isinstance(value, str | int | float):
            self._values[coordinate][value] = None

    def values(self, coordinate: str) -> list[Any]:
        """The distinct values of a field, in the order of their arrival."""
        return list(self._values.get(coordinate, ()))


class Recipe(Protocol):
    """Generates the value of an argument, which may depend on the callers."""

    def value(self, known: KnownValues, /) -> Any:  # Any: JSON
        """The value for these callers; raises `Unknown`."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same value for all callers."""

    constant: Any  # Any: JSON that can be hashed

    def value(self, _known: KnownValues, /) -> Any:  # JSON
        """Return the constant."""
        return self.constant


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of the values that a field returned."""

    coordinate: str
    place: int = 0

    def value(self, known: KnownValues, /) -> Any:  # JSON
        """The value at the index `place`."""
        values = known.values(self.coordinate)
        if self.place >= len(values):
            raise Unknown(self.coordinate)
        return values[self.place]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All values that a field returned."""

    coordinate: str

    def value(self, known: KnownValues, /) -> Any:  # JSON
        """As many values as a list argument may be expected to accept."""
        return known.values(self.coordinate)[:MOST_IN_A_LIST]


@dataclass(frozen=True, slots=True)
class ByCallers:
    """A value for each group of callers."""

    values: tuple[tuple[Callers, str], ...]

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
class ListOf:
    """A list with one item."""

    item: Recipe

    def value(self, known: KnownValues, /) -> list[Any]:
        """A list with the value of the item."""
        return [self.item.value(known)]


@dataclass(frozen=True, slots=True)
class Members:
    """An input object."""

    members: tuple[tuple[str, Recipe], ...]

    def value(self, known: KnownValues, /) -> dict[str, Any]:
        """The values of its fields."""
        return {name: one.value(known) for name, one in self.members}
