"""The most that an operation may cost, whatever its variables are."""

from dataclasses import replace

from graphql import IntValueNode

from gql.execution.prepare import Operation
from gql.operations.cost import CostedField, OperationCost
from gql.schema.weight import LARGEST_LIST


def largest_cost(operation: Operation) -> int:
    """What the operation costs with the largest pages, and everything included."""
    variables = {
        one.variable.name.value: LARGEST_LIST
        for one in operation.definition.variable_definitions or ()
    }
    return OperationCost(tuple(map(_unconditional, operation.cost.fields))).of(variables)


def usual_cost(operation: Operation) -> int:
    """What the operation costs with the pages that it asks for by itself."""
    return operation.cost.of(
        {
            one.variable.name.value: int(one.default_value.value)
            for one in operation.definition.variable_definitions or ()
            if isinstance(one.default_value, IntValueNode)
        }
    )


def _unconditional(one: CostedField) -> CostedField:
    inner = tuple(tuple(map(_unconditional, fields)) for fields in one.alternatives)
    return replace(one, conditions=(), alternatives=inner)
