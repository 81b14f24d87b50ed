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
    GraphQLNonNull,
    GraphQLScalarType,
    Undefined,
    ValueNode,
    VariableNode,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_required_argument,
    is_specified_scalar_type,
    visit,
)
from graphql.execution import get_argument_values
from graphql.utilities.coerce_input_value import coerce_input_literal

from gql.execution.coercion import Misfit, constant_default
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
    if is_shared and not _has_variables(node):
        return Arguments(_once(coerce), is_shared)
    prepared = _prepared(field, node, direct)
    return Arguments(coerce if prepared is None else _first(prepared, coerce), is_shared)


def _once(coerce: Coerce) -> Coerce:
    """The same, of what is the same for every request."""
    kept: list[Values] = []

    def coerce_once(running: "Running") -> Values:
        if not kept:
            kept.append(coerce(running))
        return kept[0]

    return coerce_once


def _first(prepared: Coerce, coerce: Coerce) -> Coerce:
    """What is prepared, or graphql-core's way where a value does not fit it."""

    def coerce_first(running: "Running") -> Values:
        try:
            return prepared(running)
        except Misfit:
            return coerce(running)

    return coerce_first


def _prepared(field: GraphQLField, node: FieldNode, direct: Direct | None) -> Coerce | None:
    """What takes the values of variables as they are; None where there is more to do."""
    nodes = {one.name.value: one.value for one in node.arguments or ()}
    constant: Values = {}
    variables: list[_FromVariable] = []
    try:
        for name, argument in field.args.items():
            value = nodes.get(name)
            if isinstance(value, VariableNode):
                variables.append(_from_variable(name, argument, value, direct))
            else:
                constant |= _constant(name, argument, value, direct)
    except Misfit:
        return None

    def coerce(running: "Running") -> Values:
        values, coerced = constant.copy(), running.variable_values.coerced
        for one in variables:
            value = coerced.get(one.variable, one.absent)
            if value is None and one.is_required:
                raise Misfit
            if value is not Undefined:
                values[one.out_name] = value if one.convert is None else one.convert(value)
        return values

    return coerce


@dataclass(frozen=True, slots=True)
class _FromVariable:
    """An argument that has the value of a variable, or `absent` where that was left out."""

    variable: str
    out_name: str
    absent: Any
    is_required: bool
    convert: Callable[[Any], Any] | None


def _from_variable(
    name: str, argument: GraphQLArgument, node: VariableNode, direct: Direct | None
) -> _FromVariable:
    out_name, convert = _outcome(name, argument, direct)
    # One that is required is missed as its null is.
    absent = None if is_required_argument(argument) else constant_default(argument)
    is_required = isinstance(argument.type, GraphQLNonNull)
    return _FromVariable(node.name.value, out_name, absent, is_required, convert)


def _constant(
    name: str, argument: GraphQLArgument, node: ValueNode | None, direct: Direct | None
) -> Values:
    """The argument that no variable is in; raises `Misfit`."""
    out_name, convert = _outcome(name, argument, direct)
    if node is None:
        value = constant_default(argument)
        if value is Undefined and not is_required_argument(argument):
            return {}
    elif _contains_variable(node):
        raise Misfit
    else:
        value = coerce_input_literal(node, argument.type)
    if value is Undefined or isinstance(value, list | dict):
        raise Misfit
    return {out_name: value if convert is None else convert(value)}


# Any: as above.
def _outcome(
    name: str, argument: GraphQLArgument, direct: Direct | None
) -> tuple[str, Callable[[Any], Any] | None]:
    """Under which name a value is passed on, and what is made of it before."""
    if direct is None:
        return argument.out_name or name, None
    if name not in direct.conversions:
        raise Misfit
    return direct.conversions[name]


def _is_unchanging(argument: GraphQLArgument) -> bool:
    """Whether the argument's values are texts, numbers and members of strawberry's enums."""
    type_ = get_nullable_type(argument.type)
    if type_ is not get_named_type(argument.type):
        return False
    if isinstance(type_, GraphQLScalarType):
        return is_specified_scalar_type(type_)
    return isinstance(type_, GraphQLEnumType) and hasattr(type_, "wrapped_cls")


def _has_variables(node: FieldNode) -> bool:
    return any(_contains_variable(argument.value) for argument in node.arguments or ())


def _contains_variable(value: ValueNode) -> bool:
    finder = _VariableFinder()
    visit(value, finder)
    return finder.found


class _VariableFinder(Visitor):
    found = False

    def enter_variable(self, _node: VariableNode, *_args: object) -> None:
        self.found = True
