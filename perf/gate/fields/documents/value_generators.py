"""Generate values of input types from the values of fields answered so far."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
    get_named_type,
    get_nullable_type,
    is_required_input_field,
)

from perf.gate.execution.in_process import NOW
from perf.gate.fields.documents.known_values import (
    AnsweredValue,
    AnsweredValues,
    Constant,
    Day,
    InputObject,
    LongList,
    SingleItemList,
    ValueGenerator,
)

MOST_COMBINATIONS = 40
SHORT, LONG, EMPTY = "a list of one", "a long list", "an empty list"
GENERATORS_BY_TYPE: dict[str, tuple[ValueGenerator, ...]] = {
    "Boolean": (Constant(True), Constant(False)),
    "Int": (Constant(2), Constant(1), Constant(100)),
    "Float": (Constant(1.5), Constant(0.5)),
    "Date": (Day(is_first=True), Day(is_first=False)),
    "DateTime": (Constant(NOW.isoformat()),),
}
"""Generators of types with arbitrary values; other types need a value that was answered before."""
_TEXT = Constant("The garden")


def number_of_values(type_: GraphQLInputType) -> int | None:
    """How many values a type has in all; None unless they are few enough to try each."""
    named = get_nullable_type(type_)
    return len(named.values) if isinstance(named, GraphQLEnumType) else None


def sizes_of_list(generator: ValueGenerator) -> dict[str, ValueGenerator]:
    """Lists of several sizes in the place of a generated one; empty if it is no list."""
    if isinstance(generator, SingleItemList):
        return {SHORT: generator, EMPTY: Constant(())}
    if isinstance(generator, AnsweredValues):
        short = SingleItemList(AnsweredValue(generator.coordinate))
        return {SHORT: short, LONG: LongList(generator.coordinate), EMPTY: Constant(())}
    return {}


def argument_coordinate(name: str) -> str:
    """The coordinate under which the values of arguments of this name are remembered."""
    return f"({name}:)"


class ValueGenerators:
    """Generates values of input types from the fields answered so far."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, None]] = defaultdict(dict)
        self._arguments: set[str] = set()

    def remember(self, type_name: str, coordinate: str) -> None:
        """Remember a field of this scalar type that was answered."""
        self._fields[type_name][coordinate] = None

    def remember_argument(self, name: str) -> None:
        """Remember that our own documents give a text for arguments of this name."""
        self._arguments.add(name)

    def of_argument(self, name: str, type_: GraphQLInputType) -> Iterator[ValueGenerator]:
        """The generators for an argument: first, for a text, what our own documents give for it."""
        if name in self._arguments and get_nullable_type(type_) == GraphQLString:
            yield AnsweredValue(argument_coordinate(name))
        yield from self.of(type_)

    def of(self, type_: GraphQLInputType) -> Iterator[ValueGenerator]:
        """The generators of non-null values of a type."""
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

    def _of_scalar(self, name: str) -> Iterator[ValueGenerator]:
        if name in GENERATORS_BY_TYPE:
            yield from GENERATORS_BY_TYPE[name]
            return
        yield from map(AnsweredValue, self._fields[name])
        if name == "String":
            yield _TEXT

    def _of_list(self, type_: GraphQLList[Any]) -> Iterator[ValueGenerator]:
        inner = get_named_type(type_)
        if isinstance(inner, GraphQLScalarType) and inner.name not in GENERATORS_BY_TYPE:
            yield from map(AnsweredValues, self._fields[inner.name])
        else:
            yield from map(SingleItemList, self.of(type_.of_type))

    def _of_object(self, type_: GraphQLInputObjectType) -> Iterator[ValueGenerator]:
        needed = {
            name: tuple(self.of(member.type))
            for name, member in type_.fields.items()
            if is_required_input_field(member)
        }
        for values in islice(product(*needed.values()), MOST_COMBINATIONS):
            yield InputObject(tuple(zip(needed, values, strict=True)))
