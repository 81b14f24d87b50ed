"""Recognises strawberry's plain fields and types, whose wrappers can be skipped.

Strawberry's resolvers are functions of its schema converter. Any other resolver is called as it is,
and so is one with extensions, permissions, exception handlers, or arguments that have to be
converted for each call.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
)
from strawberry import Info
from strawberry.types.arguments import convert_arguments
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from gql.compiler.identifiers import is_identifier
from gql.compiler.resolution.strawberry_arguments import Conversions, NotConverted, conversions
from gql.values.mappings import ObjectMapping

CAST = "__as_strawberry_type__"
"""The attribute by which an object declares that it stands for another type."""
_DEFINITION = "strawberry-definition"
_MAPPING = "object-mapping"
_CONVERTER = "strawberry.schema.schema_converter"
_UNION = "strawberry.types.union"
_WRAPPERS = frozenset({"_resolver", "_async_resolver"})


@dataclass(frozen=True, slots=True)
class UnwrappedResolver:
    """A resolver without strawberry's wrapper, and the names of its special parameters."""

    function: Callable[..., Any]  # Any: resolvers take and return values of every type
    takes_self: bool
    parent: tuple[str, ...]
    info: str | None
    field: StrawberryField
    schema: Any  # Any: strawberry's schema
    conversions: Conversions

    # Any: arguments have values of every type.
    def converted(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The coerced arguments, converted, by the names of the function's parameters."""
        return convert_arguments(
            dict(arguments),
            self.field.arguments,
            scalar_registry=self.schema.schema_converter.scalar_registry,
            config=self.schema.config,
        )


def attribute_name(field: GraphQLField) -> str | None:
    """The name of the attribute that the field reads; None if it does anything else."""
    definition = field.extensions.get(_DEFINITION)
    if (
        not isinstance(definition, StrawberryField)
        or _strawberry_function(field.resolve) != "_get_basic_result"
    ):
        return None
    is_read = definition.default_resolver is getattr and type(definition) is StrawberryField
    name = definition.python_name
    return name if is_read and is_identifier(name) else None


def unwrapped(schema: GraphQLSchema, field: GraphQLField) -> UnwrappedResolver | None:
    """The field's resolver without its wrapper; None if the wrapper does more than call it."""
    definition = field.extensions.get(_DEFINITION)
    resolve, strawberrys = field.resolve, getattr(schema, "_strawberry_schema", None)
    if type(definition) is not StrawberryField or strawberrys is None or resolve is None:
        return None
    resolver = definition.base_resolver
    if resolver is None or definition.extensions or _strawberry_function(resolve) not in _WRAPPERS:
        return None
    if _enclosed(resolve).get("field_exception_handlers") != () or not callable(
        resolver.wrapped_func
    ):
        return None
    if strawberrys.config.info_class is not Info:
        return None
    try:
        converted = conversions(strawberrys, definition.arguments)
    except NotConverted:
        return None
    parents = (resolver.parent_parameter, resolver.root_parameter)
    return UnwrappedResolver(
        function=resolver.wrapped_func,
        takes_self=resolver.self_parameter is not None,
        parent=tuple(parameter.name for parameter in parents if parameter),
        info=resolver.info_parameter.name if resolver.info_parameter else None,
        field=definition,
        schema=strawberrys,
        conversions=converted,
    )


def has_own_check(type_: GraphQLObjectType) -> bool:
    """Whether the type has an `is_type_of` that is not strawberry's."""
    return type_.is_type_of is not None and _strawberry_function(type_.is_type_of) != "is_type_of"


def origin(type_: GraphQLObjectType) -> type | None:
    """The Python class of the type's values."""
    definition = type_.extensions.get(_DEFINITION)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.name != type_.name:
        return None
    is_generic = definition.concrete_of is not None or definition.is_graphql_generic
    return None if is_generic else definition.origin


# Any, in both: mappings of every class.
def attach_mappings(schema: GraphQLSchema, mappings: Iterable[ObjectMapping[Any]]) -> None:
    """Attach the mappings to the object types of their classes, for the compiler to find."""
    by_class = {mapping.cls: mapping for mapping in mappings}
    for type_ in schema.type_map.values():
        cls = origin(type_) if isinstance(type_, GraphQLObjectType) else None
        if cls in by_class:
            type_.extensions[_MAPPING] = by_class[cls]


def mapping_for(type_: GraphQLObjectType) -> ObjectMapping[Any] | None:
    """The object mapping attached to the type, if it has one."""
    return None if has_own_check(type_) else type_.extensions.get(_MAPPING)


def is_resolved_by_class(type_: GraphQLAbstractType) -> bool:
    """Whether strawberry resolves this abstract type by the value's class."""
    if isinstance(type_, GraphQLUnionType):
        return _strawberry_function(type_.resolve_type, _UNION) == "_resolve_union_type"
    return _strawberry_function(type_.resolve_type) == "resolve_type"


def _strawberry_function(
    function: Callable[..., Any] | None, module: str = _CONVERTER
) -> str | None:
    """The name of a function nested in a function of strawberry's module; None for others."""
    if getattr(function, "__module__", None) != module:
        return None
    _, separator, name = getattr(function, "__qualname__", "").rpartition(".<locals>.")
    return name if separator else None


# Any: closures hold values of every type.
def _enclosed(function: Any) -> dict[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {name: cell.cell_contents for name, cell in cells}
