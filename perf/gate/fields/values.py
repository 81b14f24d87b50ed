"""Values for arguments: from what the schema says of their types, and from what was answered."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice, product
from typing import Any, Protocol

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    get_named_type,
    is_required_input_field,
)

from perf.gate.callers import Callers
from perf.gate.running import NOW

MOST_IN_A_LIST = 100
MOST_COMBINATIONS = 40


class Unknown(Exception):
    """The callers were shown nothing of the kind."""


class Shown:
    """What callers of one size were shown: the values of plain fields, by `Type.field`."""

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

    def value(self, shown: Shown, /) -> Any:  # Any: JSON
        """The value for these callers; raises `Unknown`."""


@dataclass(frozen=True, slots=True)
class Constant:
    """The same for everybody."""

    constant: Any  # Any: JSON that can be hashed

    def value(self, _shown: Shown, /) -> Any:  # JSON
        """Give it."""
        return self.constant


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of the values that a field was answered with."""

    coordinate: str
    place: int = 0

    def value(self, shown: Shown, /) -> Any:  # JSON
        """The value at the place, counted from the first."""
        values = shown.values(self.coordinate)
        if self.place >= len(values):
            raise Unknown(self.coordinate)
        return values[self.place]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All values that a field was answered with."""

    coordinate: str

    def value(self, shown: Shown, /) -> Any:  # JSON
        """As many as a list may be expected to take."""
        return shown.values(self.coordinate)[:MOST_IN_A_LIST]


@dataclass(frozen=True, slots=True)
class ByCallers:
    """Something else for each of the callers, in their order."""

    values: tuple[tuple[Callers, str], ...]

    def value(self, shown: Shown, /) -> str:
        """What is theirs."""
        return dict(self.values)[shown.callers]


@dataclass(frozen=True, slots=True)
class Day:
    """The last day of which the callers have a row, or the first."""

    is_first: bool

    def value(self, shown: Shown, /) -> str:
        """As an ISO 8601 date."""
        days = shown.callers.rows - 1 if self.is_first else 0
        return str(NOW.date() - timedelta(days=days))


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one item."""

    item: Recipe

    def value(self, shown: Shown, /) -> list[Any]:
        """The item's value in a list."""
        return [self.item.value(shown)]


@dataclass(frozen=True, slots=True)
class Members:
    """An input object."""

    members: tuple[tuple[str, Recipe], ...]

    def value(self, shown: Shown, /) -> dict[str, Any]:
        """The values of its members."""
        return {name: one.value(shown) for name, one in self.members}


OF_TYPE: dict[str, tuple[Recipe, ...]] = {
    "Boolean": (Constant(True), Constant(False)),
    "Int": (Constant(2), Constant(1), Constant(100)),
    "Float": (Constant(1.5), Constant(0.5)),
    "Date": (Day(is_first=True), Day(is_first=False)),
    "DateTime": (Constant(NOW.isoformat()),),
}
"""Where a value may be any; of all other types one is taken that was answered somewhere."""
_TEXT = Constant("The garden")


class Recipes:
    """Makes values of input types, out of the fields that were answered so far."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, None]] = defaultdict(dict)

    def note(self, type_name: str, coordinate: str) -> None:
        """Remember that a field of this scalar type was answered."""
        self._fields[type_name][coordinate] = None

    def of(self, type_: GraphQLInputType) -> Iterator[Recipe]:
        """Ways to make a value of the type, which is not null."""
        if isinstance(type_, GraphQLNonNull):
            yield from self.of(type_.of_type)
        elif isinstance(type_, GraphQLList):
            yield from self._of_list(type_)
        elif isinstance(type_, GraphQLEnumType):
            yield from map(Constant, type_.values)
        elif isinstance(type_, GraphQLInputObjectType):
            yield from self._of_object(type_)
        elif isinstance(type_, GraphQLScalarType):
            yield from self._of_scalar(type_.name)

    def _of_scalar(self, name: str) -> Iterator[Recipe]:
        if name in OF_TYPE:
            yield from OF_TYPE[name]
            return
        yield from map(OneOf, self._fields[name])
        if name == "String":
            yield _TEXT

    def _of_list(self, type_: GraphQLList[Any]) -> Iterator[Recipe]:
        inner = get_named_type(type_)
        if isinstance(inner, GraphQLScalarType) and inner.name not in OF_TYPE:
            yield from map(AllOf, self._fields[inner.name])
        else:
            yield from map(ListOf, self.of(type_.of_type))

    def _of_object(self, type_: GraphQLInputObjectType) -> Iterator[Recipe]:
        needed = {
            name: tuple(self.of(member.type))
            for name, member in type_.fields.items()
            if is_required_input_field(member)
        }
        for values in islice(product(*needed.values()), MOST_COMBINATIONS):
            yield Members(tuple(zip(needed, values, strict=True)))
