"""Decorators for fields and enums that require the descriptions of the public schema."""

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

import strawberry

from gql.values.cost_weights import DEFAULT_WEIGHT, Weight, weight_metadata
from gql.values.sharing import PERSONAL, Sharing, sharing_metadata

Resolver = TypeVar("Resolver", bound=Callable[..., Any])  # Any: arguments and results of every type
EnumType = TypeVar("EnumType", bound=type[Enum])


def field(
    description: str,
    weight: Weight = DEFAULT_WEIGHT,
    sharing: Sharing = PERSONAL,
    *,
    name: str | None = None,
) -> Callable[[Resolver], Resolver]:
    """Make a field of the method that resolves it; `weight` declares its cost.

    It has the method's name in camel case, unless another `name` is given.
    """
    decorate: Callable[[Resolver], Resolver] = strawberry.field(
        name=name,
        description=description,
        metadata=weight_metadata(weight) | sharing_metadata(sharing),
    )
    return decorate


def enum(description: str, **value_descriptions: str) -> Callable[[EnumType], EnumType]:
    """Make a GraphQL enum of a Python enum; every value needs a description."""

    def publish(members: EnumType) -> EnumType:
        # Strawberry has already published an enum that the annotations of resolvers name.
        if not hasattr(members, "__strawberry_definition__"):
            strawberry.enum(members)
        definition = members.__strawberry_definition__  # type: ignore[attr-defined]  # set by now
        definition.description = description
        for value in definition.values:
            value.description = value_descriptions[value.name]
        return members

    return publish
