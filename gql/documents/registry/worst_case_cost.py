"""The worst-case cost of an operation, over all values of its variables."""

from dataclasses import replace

from graphql import IntValueNode

from gql.documents.cost.operation_cost import CostedField, OperationCost
from gql.documents.operation import Operation
from gql.values.cost_weights import DEFAULT_LIST_SIZE


def worst_case_cost(operation: Operation) -> int:
    """The cost with the largest pages, and everything included that a variable decides on."""
    return _worst_case(operation, are_values_fixed=True)


def worst_case_cost_of_normalized(operation: Operation) -> int:
    """The worst-case cost of all operations that differ from this one only in literal values."""
    return _worst_case(operation, are_values_fixed=False)


def default_cost(operation: Operation) -> int:
    """The cost with the default values of the variables."""
    return operation.cost.of(
        {
            one.variable.name.value: int(one.default_value.value)
            for one in operation.definition.variable_definitions or ()
            if isinstance(one.default_value, IntValueNode)
        }
    )


def _worst_case(operation: Operation, *, are_values_fixed: bool) -> int:
    return OperationCost(
        tuple(_largest(one, are_values_fixed=are_values_fixed) for one in operation.cost.fields)
    ).of({})


def _largest(one: CostedField, *, are_values_fixed: bool) -> CostedField:
    arguments = tuple(
        (name, value if are_values_fixed and isinstance(value, int) else DEFAULT_LIST_SIZE)
        for name, value in one.size.arguments
    )
    return replace(
        one,
        size=replace(one.size, arguments=arguments),
        conditions=(),
        alternatives=tuple(
            tuple(_largest(inner, are_values_fixed=are_values_fixed) for inner in fields)
            for fields in one.alternatives
        ),
    )
