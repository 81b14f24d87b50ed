"""What a field does with its parent: reads an attribute, or calls a function."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLSchema

from gql.compiler import strawberry_fields
from gql.compiler.strawberry_fields import Direct


@dataclass(frozen=True, slots=True)
class Attribute:
    """The attribute `name` of the parent, whatever it is."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """What graphql-core's default resolver gives: a member of a mapping, else an attribute.

    It would call a function that it finds; compiled code takes none.
    """


@dataclass(frozen=True, slots=True)
class Call:
    """What a resolver gives. It is awaited for certain where `is_coroutine`.

    A `direct` one is called without what strawberry wraps around it.
    """

    resolve: Callable[..., Any]  # Any: a resolver takes and gives what it likes
    is_coroutine: bool
    direct: Direct | None = None


Access: TypeAlias = Attribute | Member | Call


def access(schema: GraphQLSchema, field: GraphQLField) -> Access:
    """What `field` does."""
    if field.resolve is None:
        return Member()
    name = strawberry_fields.attribute(field)
    if name is not None:
        return Attribute(name)
    direct = strawberry_fields.direct(schema, field)
    resolve = direct.function if direct else field.resolve
    return Call(resolve, iscoroutinefunction(resolve), direct)
