"""The arguments of resolvers: coerced as rarely as comes to the same.

Once and for all where no variable is in them, once a request where one is; for each call where
their value may be changed by who gets it, or was made by somebody's scalar.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLScalarType,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_specified_scalar_type,
    visit,
)
from graphql.execution import get_argument_values

from gql.execution.strawberry_fields import Direct

if TYPE_CHECKING:
    from gql.execution.running import Running

# Any: arguments are of whatever types the schema has.
Values: TypeAlias = dict[str, Any]
Coerce: TypeAlias = Callable[["Running"], Values]


@dataclass(frozen=True, slots=True)
class Arguments:
    """How one site comes by its arguments."""

    coerce: Coerce
    is_shared: bool


def arguments(field: GraphQLField, node: FieldNode, direct: Direct | None) -> Arguments | None:
    """How the field at `node` comes by its arguments; None where it has none."""
    if not field.args and not node.arguments:
        return None

    def coerce(running: "Running") -> Values:
        values = get_argument_values(field, node, running.variable_values)
        return direct.converted(values) if direct else values

    is_shared = all(map(_is_unchanging, field.args.values()))
    is_constant = is_shared and not _has_variables(node)
    return Arguments(_once(coerce) if is_constant else coerce, is_shared)


def _once(coerce: Coerce) -> Coerce:
    """The same, of what is the same for every request."""
    kept: list[Values] = []

    def coerce_once(running: "Running") -> Values:
        if not kept:
            kept.append(coerce(running))
        return kept[0]

    return coerce_once


def _is_unchanging(argument: GraphQLArgument) -> bool:
    """Whether the argument's values are texts, numbers and members of strawberry's enums."""
    type_ = get_nullable_type(argument.type)
    if type_ is not get_named_type(argument.type):
        return False
    if isinstance(type_, GraphQLScalarType):
        return is_specified_scalar_type(type_)
    return isinstance(type_, GraphQLEnumType) and hasattr(type_, "wrapped_cls")


def _has_variables(node: FieldNode) -> bool:
    finder = _VariableFinder()
    for argument in node.arguments or ():
        visit(argument, finder)
    return finder.found


class _VariableFinder(Visitor):
    found = False

    def enter_variable(self, _node: VariableNode, *_args: object) -> None:
        self.found = True
