"""Values for arguments, which are others for other callers: some were answered before."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from perf.gate.callers import Callers
from perf.gate.running import NOW

MOST_IN_A_LIST = 100


class Unknown(Exception):
    """The callers were shown nothing of the kind."""


class KnownValues:
    """What callers of one size were answered: the values of plain fields, by `Type.field`."""

    def __init__(self, callers: Callers) -> None:
        self.callers = callers
        # Any: JSON.
        self._values: dict[str, dict[Any, None]] = defaultdict(dict)
        for id_ in callers.ids_of_requests_of_nobody:
            self.note("PrivacyRequest.id", id_)

    def note(self, coordinate: str, value: Any) -> None:  # JSON
        """Remember a value that is neither null, nor a list, nor an object."""
        if isinstance(value, str | int | float):
            self._values[coordinate][value] = None

    def values(self, coordinate: str) -> list[Any]:
        """The different values of a field, in the order in which they came."""
        return list(self._values.get(coordinate, ()))


class Recipe(Protocol):
    """Gives the value of an argument, which is another one for other callers."""

    def value(self, known: KnownValues, /) -> Any:  # Any: JSON
        """The value for these callers; raises `Unknown`."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same for everybody."""

    constant: Any  # Any: JSON that can be hashed

    def value(self, _known: KnownValues, /) -> Any:  # JSON
        """Give it."""
        return self.constant


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of the values that a field was answered with."""

    coordinate: str
    place: int = 0

    def value(self, known: KnownValues, /) -> Any:  # JSON
        """The value at the place, counted from the first."""
        values = known.values(self.coordinate)
        if self.place >= len(values):
            raise Unknown(self.coordinate)
        return values[self.place]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All values that a field was answered with."""

    coordinate: str

    def value(self, known: KnownValues, /) -> Any:  # JSON
        """As many as a list may be expected to take."""
        return known.values(self.coordinate)[:MOST_IN_A_LIST]


@dataclass(frozen=True, slots=True)
class ByCallers:
    """Something else for each of the callers, in their order."""

    values: tuple[tuple[Callers, str], ...]

    def value(self, known: KnownValues, /) -> str:
        """What is theirs."""
        return dict(self.values)[known.callers]


@dataclass(frozen=True, slots=True)
class Day:
    """The last day of which the callers have a row, or the first."""

    is_first: bool

    def value(self, known: KnownValues, /) -> str:
        """As an ISO 8601 date."""
        days = known.callers.rows - 1 if self.is_first else 0
        return str(NOW.date() - timedelta(days=days))


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one item."""

    item: Recipe

    def value(self, known: KnownValues, /) -> list[Any]:
        """The item's value in a list."""
        return [self.item.value(known)]


@dataclass(frozen=True, slots=True)
class Members:
    """An input object."""

    members: tuple[tuple[str, Recipe], ...]

    def value(self, known: KnownValues, /) -> dict[str, Any]:
        """The values of its members."""
        return {name: one.value(known) for name, one in self.members}
