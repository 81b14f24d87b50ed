"""Coerces the arguments of resolvers as rarely as possible.

Arguments without variables are coerced once, and those with variables once per request. They are
coerced for every call if a resolver could change the value, or a custom scalar made it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

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

from gql.compiler.resolution.call_sites import ExecutionState
from gql.compiler.resolution.input_coercion import NotCoerced, constant_default
from gql.compiler.resolution.strawberry_fields import UnwrappedResolver

# Any: arguments have values of every type.
Values: TypeAlias = dict[str, Any]
CoerceArguments: TypeAlias = Callable[[ExecutionState], Values]


@dataclass(frozen=True, slots=True)
class Arguments:
    """How the arguments of a call site are coerced, and whether calls of a request share them."""

    coerce: CoerceArguments
    is_shared: bool


def arguments(
    field: GraphQLField, node: FieldNode, unwrapped: UnwrappedResolver | None
) -> Arguments | None:
    """How the arguments of the field at `node` are coerced; None if it has none."""
    if not field.args and not node.arguments:
        return None

    def coerce(execution: ExecutionState) -> Values:
        values = get_argument_values(field, node, execution.variable_values)
        return unwrapped.converted(values) if unwrapped else values

    is_shared = all(map(_is_unchanging, field.args.values()))
    if is_shared and not _has_variables(node):
        return Arguments(_once(coerce), is_shared)
    prepared = _prepared(field, node, unwrapped)
    return Arguments(coerce if prepared is None else _with_fallback(prepared, coerce), is_shared)


def _once(coerce: CoerceArguments) -> CoerceArguments:
    """Coerce only once, since the result is the same for every request."""
    cached: list[Values] = []

    def coerce_once(execution: ExecutionState) -> Values:
        if not cached:
            cached.append(coerce(execution))
        return cached[0]

    return coerce_once


def _with_fallback(prepared: CoerceArguments, coerce: CoerceArguments) -> CoerceArguments:
    """Use `prepared`, and graphql-core's function for values on which it raises `NotCoerced`."""

    def coerce_or_fall_back(execution: ExecutionState) -> Values:
        try:
            return prepared(execution)
        except NotCoerced:
            return coerce(execution)

    return coerce_or_fall_back


def _prepared(
    field: GraphQLField, node: FieldNode, unwrapped: UnwrappedResolver | None
) -> CoerceArguments | None:
    """A function that takes values of variables as they are; None if more is necessary."""
    nodes = {one.name.value: one.value for one in node.arguments or ()}
    constant: Values = {}
    variables: list[_FromVariable] = []
    try:
        for name, argument in field.args.items():
            value = nodes.get(name)
            if isinstance(value, VariableNode):
                variables.append(_from_variable(name, argument, value, unwrapped))
            else:
                constant |= _constant(name, argument, value, unwrapped)
    except NotCoerced:
        return None

    def coerce(execution: ExecutionState) -> Values:
        values, coerced = constant.copy(), execution.variable_values.coerced
        for one in variables:
            value = coerced.get(one.variable, one.absent)
            if value is None and one.is_required:
                raise NotCoerced
            if value is not Undefined:
                values[one.out_name] = value if one.convert is None else one.convert(value)
        return values

    return coerce


@dataclass(frozen=True, slots=True)
class _FromVariable:
    """An argument with the value of a variable, or `absent` if the variable was left out."""

    variable: str
    out_name: str
    absent: Any
    is_required: bool
    convert: Callable[[Any], Any] | None


def _from_variable(
    name: str, argument: GraphQLArgument, node: VariableNode, unwrapped: UnwrappedResolver | None
) -> _FromVariable:
    out_name, convert = _name_and_conversion(name, argument, unwrapped)
    # A required argument without a value is treated like one with null.
    absent = None if is_required_argument(argument) else constant_default(argument)
    is_required = isinstance(argument.type, GraphQLNonNull)
    return _FromVariable(node.name.value, out_name, absent, is_required, convert)


def _constant(
    name: str,
    argument: GraphQLArgument,
    node: ValueNode | None,
    unwrapped: UnwrappedResolver | None,
) -> Values:
    """An argument without variables; empty if it has no value. Raises `NotCoerced`."""
    out_name, convert = _name_and_conversion(name, argument, unwrapped)
    if node is None:
        value = constant_default(argument)
        if value is Undefined and not is_required_argument(argument):
            return {}
    elif _contains_variable(node):
        raise NotCoerced
    else:
        value = coerce_input_literal(node, argument.type)
    if value is Undefined or isinstance(value, list | dict):
        raise NotCoerced
    return {out_name: value if convert is None else convert(value)}


# Any: as above.
def _name_and_conversion(
    name: str, argument: GraphQLArgument, unwrapped: UnwrappedResolver | None
) -> tuple[str, Callable[[Any], Any] | None]:
    """The name under which a value is passed on, and the conversion before that."""
    if unwrapped is None:
        return argument.out_name or name, None
    if name not in unwrapped.conversions:
        raise NotCoerced
    return unwrapped.conversions[name]


def _is_unchanging(argument: GraphQLArgument) -> bool:
    """Whether the argument's values are immutable: texts, numbers, members of enums."""
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
