"""How leaves are completed within compiled code: by one look at their class."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLScalarType,
    GraphQLString,
)
from graphql.type.scalars import (
    serialize_boolean,
    serialize_float,
    serialize_id,
    serialize_int,
    serialize_string,
)

from db.form import Instant, Text
from gql.execution.code import is_name
from gql.execution.values import Coerce, is_ordinary, leaf_completer

Bind: TypeAlias = Callable[[object], str]
_MOST_COMPARISONS = 8
_LOWEST, _HIGHEST = -(2**31), 2**31 - 1
# What is true of a value that has to be looked at more closely; else it is its own completion.
_INEXACT = {
    GraphQLString: (serialize_string, "type({0}) is not str"),
    GraphQLID: (serialize_id, "type({0}) is not str"),
    GraphQLInt: (
        serialize_int,
        f"(type({{0}}) is not int or not {_LOWEST} <= {{0}} <= {_HIGHEST})",
    ),
    GraphQLFloat: (serialize_float, "(type({0}) is not float or {0} - {0} != 0.0)"),
    GraphQLBoolean: (serialize_boolean, "({0} is not True and {0} is not False)"),
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """The code for one leaf type: `{0}` stands for the variable.

    Where `inexact` does not hold, the value is completed as it is; else `completed` completes it.
    """

    inexact: str
    completed: str


_staying: dict[Coerce, tuple[type, str, object]] = {}


def stays(coerce: Coerce, cls: type, attribute: str, value: object) -> None:
    """Say that the answer's writer writes some values as `coerce`, a scalar's, completes them.

    These are the instances of exactly `cls` whose `attribute` is `value`. In the answer of compiled
    code they stay what they are, rather than being written twice.
    """
    _staying[coerce] = cls, attribute, value


_written: dict[Coerce, Callable[[str], Text | Instant]] = {serialize_string: Text}


def database_writes(coerce: Coerce, part: Callable[[str], Text | Instant]) -> None:
    """Say how the database writes the values of a scalar, as `coerce` and the writer do."""
    _written[coerce] = part


def part_of(type_: GraphQLLeafType) -> Callable[[str], Text | Instant] | None:
    """How the database writes a column whose values are leaves of `type_` as they stand."""
    return _written.get(type_.coerce_output_value)


def leaf(type_: GraphQLLeafType, bind: Bind) -> Leaf:
    """The code that completes values of `type_`."""
    complete = leaf_completer(type_.coerce_output_value)
    known = _INEXACT.get(type_) if isinstance(type_, GraphQLScalarType) else None
    if known is not None and type_.coerce_output_value is known[0]:
        return Leaf(known[1], f"{bind(complete)}({{0}})")
    completed = f"{bind(complete)}({{0}})"
    staying = _staying.get(type_.coerce_output_value)
    if staying is not None and is_name(staying[1]):
        cls, attribute, value = bind(staying[0]), staying[1], bind(staying[2])
        return Leaf(f"(type({{0}}) is not {cls} or {{0}}.{attribute} is not {value})", completed)
    if isinstance(type_, GraphQLEnumType):
        names = _names(type_)
        if names:
            known_name = f"type({{0}}) is str and {bind(names)}.get({{0}})"
            return Leaf("", f"({known_name}) or {completed}")
        for member, name in _members(type_):
            completed = f"{bind(name)} if {{0}} is {bind(member)} else {completed}"
    return Leaf("", completed)


def _names(type_: GraphQLEnumType) -> dict[str, str]:
    """The names by the values that resolvers give, where all of these are texts."""
    if type(type_) is not GraphQLEnumType or "coerce_output_value" in vars(type_):
        return {}
    values = [value.value for value in type_.values.values()]
    if not all(type(value) is str for value in values):
        return {}
    return {value: type_.coerce_output_value(value) for value in values}


# Any: strawberry's enum type is known by what it has.
def _members(type_: Any) -> list[tuple[Enum, str]]:
    """The members of strawberry's enum, with their names, where they are few."""
    cls = getattr(type_, "wrapped_cls", None)
    is_strawberrys = type(type_).__module__ == "strawberry.schema.schema_converter"
    if not is_strawberrys or not isinstance(cls, type) or not issubclass(cls, Enum):
        return []
    if not is_ordinary(cls) or "coerce_output_value" in vars(type_):
        return []
    members = list(cls)[:_MOST_COMPARISONS]
    return [(member, type_.coerce_output_value(member)) for member in reversed(members)]
