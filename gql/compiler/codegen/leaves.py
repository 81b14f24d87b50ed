"""Generates the expressions that encode leaf values as JSON.

Most values are exactly of the class that their type expects, and are encoded after one check. The
others are first completed as graphql-core does it.
"""

from collections.abc import Callable, Iterable
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
    GraphQLSchema,
    GraphQLString,
)
from graphql.type.scalars import (
    serialize_boolean,
    serialize_float,
    serialize_id,
    serialize_int,
    serialize_string,
)
from orjson import dumps

from gql.compiler.codegen.plain_values import CoerceOutput, is_plain_class, leaf_encoder
from gql.compiler.identifiers import is_identifier

Bind: TypeAlias = Callable[[object], str]
_MAX_COMPARISONS = 8
_LOWEST, _HIGHEST = -(2**31), 2**31 - 1
# By type: its serializer, and an encoding expression with its condition for the value `{0}`.
_EXACT = {
    GraphQLString: (serialize_string, "dumps({0}) if type({0}) is str"),
    GraphQLID: (serialize_id, "dumps({0}) if type({0}) is str"),
    GraphQLInt: (
        serialize_int,
        f'b"%d" % {{0}} if type({{0}}) is int and {_LOWEST} <= {{0}} <= {_HIGHEST}',
    ),
    GraphQLFloat: (serialize_float, "dumps({0}) if type({0}) is float and {0} - {0} == 0.0"),
    GraphQLBoolean: (
        serialize_boolean,
        'b"true" if {0} is True else b"false" if {0} is False',
    ),
}
NAMES = {"dumps": dumps}
"""The names that the expressions use."""
_ENCODER = "json-encoder"


@dataclass(frozen=True, slots=True)
class ScalarEncoder:
    """Encodes values of exactly `cls` as the same JSON as `coerce`, the scalar's serializer.

    `only` is an attribute with the value that it must have.
    """

    coerce: CoerceOutput
    cls: type
    encode: Callable[[Any], bytes]  # Any: a value of `cls`
    only: tuple[str, object] | None = None


def attach_scalar_encoders(schema: GraphQLSchema, encoders: Iterable[ScalarEncoder]) -> None:
    """Attach the encoders to the scalars with their serializers, for the compiler to find."""
    by_serializer = {encoder.coerce: encoder for encoder in encoders}
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLScalarType) and type_.coerce_output_value in by_serializer:
            type_.extensions[_ENCODER] = by_serializer[type_.coerce_output_value]


def leaf(type_: GraphQLLeafType, bind: Bind, value: str) -> str:
    """The expression that encodes the variable `value`, which is not None."""
    coerce = type_.coerce_output_value
    other = f"{bind(leaf_encoder(coerce))}({value})"
    exact = _EXACT.get(type_) if isinstance(type_, GraphQLScalarType) else None
    if exact is not None and coerce is exact[0]:
        return f"({exact[1].format(value)} else {other})"
    encoder: ScalarEncoder | None = type_.extensions.get(_ENCODER)
    if encoder is not None and encoder.coerce is coerce:
        condition = f"type({value}) is {bind(encoder.cls)}"
        if encoder.only is not None and is_identifier(encoder.only[0]):
            condition += f" and {value}.{encoder.only[0]} is {bind(encoder.only[1])}"
        return f"({bind(encoder.encode)}({value}) if {condition} else {other})"
    if isinstance(type_, GraphQLEnumType):
        names = _names(type_)
        if names:
            return f"(type({value}) is str and {bind(names)}.get({value}) or {other})"
        for member, name in _members(type_):
            other = f"{bind(dumps(name))} if {value} is {bind(member)} else {other}"
    return f"({other})"


def _names(type_: GraphQLEnumType) -> dict[str, bytes]:
    """Encoded names by the values of an enum, if all values are strings; else empty."""
    if type(type_) is not GraphQLEnumType or "coerce_output_value" in vars(type_):
        return {}
    values = [value.value for value in type_.values.values()]
    if not all(type(value) is str for value in values):
        return {}
    return {value: dumps(type_.coerce_output_value(value)) for value in values}


# Any: strawberry's enum type has no public class.
def _members(type_: Any) -> list[tuple[Enum, str]]:
    """The members of strawberry's enum with their names, if there are few of them."""
    cls = getattr(type_, "wrapped_cls", None)
    is_strawberrys = type(type_).__module__ == "strawberry.schema.schema_converter"
    if not is_strawberrys or not isinstance(cls, type) or not issubclass(cls, Enum):
        return []
    if not is_plain_class(cls) or "coerce_output_value" in vars(type_):
        return []
    members = list(cls)[:_MAX_COMPARISONS]
    return [(member, type_.coerce_output_value(member)) for member in reversed(members)]
