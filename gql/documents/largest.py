"""The most that an operation may cost, whatever its variables are."""

from dataclasses import replace

from graphql import IntValueNode

from gql.documents.cost import CostedField, OperationCost
from gql.documents.operation import Operation
from gql.values.weight import LARGEST_LIST


def largest_cost(operation: Operation) -> int:
    """What the operation costs with the largest pages, and everything included."""
    return _of(operation, are_values_fixed=True)


def largest_cost_of_shape(operation: Operation) -> int:
    """The same, of any operation that differs in nothing but its values."""
    return _of(operation, are_values_fixed=False)


def usual_cost(operation: Operation) -> int:
    """What the operation costs with the pages that it asks for by itself."""
    return operation.cost.of(
        {
            one.variable.name.value: int(one.default_value.value)
            for one in operation.definition.variable_definitions or ()
            if isinstance(one.default_value, IntValueNode)
        }
    )


def _of(operation: Operation, *, are_values_fixed: bool) -> int:
    return OperationCost(
        tuple(_largest(one, are_values_fixed=are_values_fixed) for one in operation.cost.fields)
    ).of({})


def _largest(one: CostedField, *, are_values_fixed: bool) -> CostedField:
    said = tuple(
        (name, value if are_values_fixed and isinstance(value, int) else LARGEST_LIST)
        for name, value in one.size.arguments
    )
    return replace(
        one,
        size=replace(one.size, arguments=said),
        conditions=(),
        alternatives=tuple(
            tuple(_largest(inner, are_values_fixed=are_values_fixed) for inner in fields)
            for fields in one.alternatives
        ),
    )
