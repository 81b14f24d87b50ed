"""How a field gets its value from its parent: it reads an attribute, or calls a resolver."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLSchema

from gql.compiler.resolution import strawberry_fields
from gql.compiler.resolution.strawberry_fields import UnwrappedResolver


@dataclass(frozen=True, slots=True)
class AttributeAccess:
    """The field reads the parent's attribute `name`."""

    name: str


@dataclass(frozen=True, slots=True)
class DefaultAccess:
    """The field has graphql-core's default resolver: the item of a mapping, or an attribute.

    That resolver also calls methods, which compiled code leaves to graphql-core.
    """


@dataclass(frozen=True, slots=True)
class ResolverCall:
    """The field calls a resolver, whose result is always awaited if `is_coroutine`.

    An `unwrapped` resolver is called without strawberry's wrapper.
    """

    resolve: Callable[..., Any]  # Any: resolvers take and return values of every type
    is_coroutine: bool
    unwrapped: UnwrappedResolver | None = None


FieldAccess: TypeAlias = AttributeAccess | DefaultAccess | ResolverCall


def field_access(schema: GraphQLSchema, field: GraphQLField) -> FieldAccess:
    """How `field` gets its value."""
    if field.resolve is None:
        return DefaultAccess()
    name = strawberry_fields.attribute_name(field)
    if name is not None:
        return AttributeAccess(name)
    unwrapped = strawberry_fields.unwrapped(schema, field)
    resolve = unwrapped.function if unwrapped else field.resolve
    return ResolverCall(resolve, iscoroutinefunction(resolve), unwrapped)
