"""Running a prepared operation and wording its outcome."""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution import (
    Executor,
    default_field_resolver,
    default_type_resolver,
    get_variable_values,
)
from graphql.execution.values import VariableValues

from gql.context import RequestContext
from gql.errors import BadUserInput, Unauthenticated
from gql.execution.executor import CompiledExecutor
from gql.execution.prepare import Operation, RequestRefused
from services.enterprise.metering import KeyRevoked
from services.people import PersonUnknown
from services.refusal import Refusal

_MOST_ITEMS = 1_000
"""Of a list in one variable; no field takes so many."""
_MOST_ERRORS = 20
"""Of one request's variables; finding each of forty thousand would take seconds."""


async def run(
    schema: GraphQLSchema,
    operation: Operation,
    values: VariableValues,
    context: RequestContext,
) -> ExecutionResult:
    """Execute a query or mutation with its coerced variables."""
    return await executed(executor_for(schema, operation, values, context))


async def executed(executor: Executor[Any]) -> ExecutionResult:
    """Let the executor run its operation once."""
    result = executor.execute_operation()
    answer = await result if isawaitable(result) else result
    if not isinstance(answer, ExecutionResult):
        raise TypeError("incremental delivery was not asked for")
    return answer


# Any: variables are JSON.
def coerced(
    schema: GraphQLSchema, operation: Operation, variables: Mapping[str, Any] | None
) -> VariableValues:
    """The operation's variables; raises `RequestRefused` for those that do not fit."""
    for name, value in (variables or {}).items():
        if isinstance(value, list) and len(value) > _MOST_ITEMS:
            raise RequestRefused(BadUserInput.code, [_too_long(name, len(value))])
    values = get_variable_values(
        schema,
        operation.definition.variable_definitions or (),
        dict(variables or {}),
        max_errors=_MOST_ERRORS,
    )
    if isinstance(values, list):
        raise RequestRefused(BadUserInput.code, values)
    return values


def _too_long(name: str, length: int) -> GraphQLError:
    return GraphQLError(f"Variable '${name}' has {length} items; at most {_MOST_ITEMS} are read.")


def executor_for(
    schema: GraphQLSchema,
    operation: Operation,
    values: VariableValues,
    context: RequestContext,
    root: object = None,
) -> Executor[Any]:
    """An executor of `operation` with its coerced variables; it runs once."""
    executor_type: type[Executor[Any]] = Executor if operation.plans is None else CompiledExecutor
    executor = executor_type(
        schema=schema,
        fragment_definitions=operation.fragment_definitions,
        fragments=operation.fragments,
        root_value=root,
        context_value=context,
        operation=operation.definition,
        variable_values=values,
        field_resolver=default_field_resolver,
        type_resolver=default_type_resolver,
        subscribe_field_resolver=default_field_resolver,
    )
    if isinstance(executor, CompiledExecutor):
        executor.plans = operation.plans
    return executor


def code_of(error: GraphQLError) -> str | None:
    """The code under which a client may know of `error`; None for one to be masked."""
    code = (error.extensions or {}).get("code")
    if isinstance(code, str):
        return code
    cause = error.original_error
    if isinstance(cause, Refusal):
        return cause.code.name
    if isinstance(cause, PersonUnknown | KeyRevoked):
        return Unauthenticated.code
    return BadUserInput.code if cause is None or isinstance(cause, GraphQLError) else None
