"""Prepares strawberry's conversion of coerced arguments, before a resolver gets them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from typing import Any, TypeAlias

from strawberry.relay import GlobalID
from strawberry.scalars import is_scalar
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition
from strawberry.types.lazy_type import LazyType
from strawberry.types.unset import UNSET

# Any, in this module: strawberry's types and schemas, and values of any type.
Convert: TypeAlias = Callable[[Any], Any]
Conversions: TypeAlias = Mapping[str, tuple[str, Convert | None]]
"""By argument: the name under which it is passed, and its conversion, if it has one."""


class NotConverted(Exception):
    """A type whose values only strawberry can convert."""


def conversions(schema: Any, arguments: Sequence[StrawberryArgument]) -> Conversions:
    """The conversions of a resolver's arguments; raises `NotConverted`."""
    name_of = schema.config.name_converter.from_argument
    return {name_of(one): (one.python_name, conversion(one.type, schema, ())) for one in arguments}


def conversion(type_: Any, schema: Any, above: tuple[Any, ...]) -> Convert | None:
    """The conversion of values of a type; None if they stay as they are."""
    if isinstance(type_, StrawberryMaybe | LazyType) or type_ is GlobalID:
        raise NotConverted
    if isinstance(type_, StrawberryOptional):
        inner = conversion(type_.of_type, schema, above)
        return None if inner is None else _unless_null(inner)
    if isinstance(type_, StrawberryList):
        # A copy, since a default is the same for every request.
        return _list(conversion(type_.of_type, schema, above))
    if isinstance(type_, StrawberryEnumDefinition) or has_enum_definition(type_):
        return None
    if is_scalar(type_, schema.schema_converter.scalar_registry):
        return None
    if has_object_definition(type_) and type_ not in above:
        return _input(type_, schema, (*above, type_))
    raise NotConverted


def _unless_null(convert: Convert) -> Convert:
    def convert_nullable(value: Any) -> Any:
        return value if value is None or value is UNSET else convert(value)

    return convert_nullable


def _list(convert: Convert | None) -> Convert:
    if convert is None:
        return list

    def convert_items(values: Any) -> Any:
        return [convert(value) for value in values]

    return convert_items


def _input(cls: Any, schema: Any, above: tuple[Any, ...]) -> Convert:
    definition = cls.__strawberry_definition__
    if not definition.is_input or definition.from_input is not None:
        raise NotConverted
    name_of = schema.config.name_converter.from_field
    fields = [
        (
            name_of(field),
            field.python_name,
            conversion(field.resolve_type(type_definition=definition), schema, above),
        )
        for field in definition.fields
    ]
    implicit = dict.fromkeys(
        field.python_name
        for field in definition.fields
        if field.default_value is MISSING and field.default_factory is MISSING
    )

    def convert(values: Any) -> Any:
        given = implicit.copy()
        for name, python_name, convert_field in fields:
            if name in values:
                value = values[name]
                given[python_name] = value if convert_field is None else convert_field(value)
        return cls(**given)

    return convert
