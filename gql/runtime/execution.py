"""Executes a prepared operation, by compiled code or by graphql-core."""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution import (
    Executor,
    MiddlewareManager,
    default_field_resolver,
    default_type_resolver,
    get_variable_values,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import AwaitableOrValue

from gql.compiler.resolution.input_coercion import NotCoerced
from gql.compiler.resolution.tracing import trace_fields
from gql.context import RequestContext
from gql.documents.operation import Operation, RequestRefused
from gql.documents.validation.error_formatting import MAX_ERRORS
from gql.documents.validation.incremental_directives import stream_directive_error
from gql.errors import BadUserInput, Unauthenticated
from gql.runtime.error_behavior import ErrorBehavior
from gql.runtime.executor import CompiledExecutor, SourceExecutor, decoded
from gql.runtime.plan_execution import PlanExecution
from services.callers.people import PersonUnknown
from services.enterprise.metering import KeyRevoked
from services.mutations.refusals import Refusal
from spans.current import current_trace

_MAX_ITEMS = 1_000
"""Items of a list in a variable; no field accepts so many."""
_NO_VARIABLES = VariableValues({}, {})


async def run(
    schema: GraphQLSchema,
    operation: Operation,
    values: VariableValues,
    context: RequestContext,
    root: object = None,
    *,
    is_encoded: bool = False,
    on_error: ErrorBehavior = ErrorBehavior.PROPAGATE,
) -> ExecutionResult:
    """Execute an operation, or one event of a subscription, with its coerced variables.

    With `is_encoded` the result is an `EncodedResult`, unless it has errors.
    """
    result = begin(
        schema, operation, values, context, root, is_encoded=is_encoded, on_error=on_error
    )
    return await result if isawaitable(result) else result


def begin(
    schema: GraphQLSchema,
    operation: Operation,
    values: VariableValues,
    context: RequestContext,
    root: object = None,
    *,
    is_encoded: bool = False,
    on_error: ErrorBehavior = ErrorBehavior.PROPAGATE,
) -> AwaitableOrValue[ExecutionResult]:
    """Start the execution, as `run` does; returns the result itself if nothing is awaited."""
    plan = operation.plans.plan(values) if operation.plans else None
    if plan is None:
        executor = create_executor(schema, operation, values, context, root, on_error)
        return executor.execute_operation()  # type: ignore[return-value]  # without incremental delivery

    def make_executor() -> CompiledExecutor:
        arguments = _executor_arguments(schema, operation, values, context, root)
        return CompiledExecutor(**arguments).with_behavior(on_error)

    result = PlanExecution(root, context, values, make_executor).run(plan)
    return result if is_encoded else decoded(result)  # type: ignore[return-value]  # as above


# Any: variables are JSON.
def coerce_variables(
    schema: GraphQLSchema, operation: Operation, variables: Mapping[str, Any] | None
) -> VariableValues:
    """Coerce the operation's variables; raises `RequestRefused` if one is not valid."""
    values = _coerce_variables(schema, operation, variables)
    if operation.uses_incremental_delivery:
        definitions = (operation.definition, *operation.fragment_definitions.values())
        misfit = stream_directive_error(definitions, values)
        if misfit is not None:
            raise RequestRefused(BadUserInput.code, [misfit])
    return values


# Any: as above.
def _coerce_variables(
    schema: GraphQLSchema, operation: Operation, variables: Mapping[str, Any] | None
) -> VariableValues:
    definitions = operation.definition.variable_definitions or ()
    if not variables and not definitions:
        return _NO_VARIABLES
    for name, value in (variables or {}).items():
        if isinstance(value, list) and len(value) > _MAX_ITEMS:
            raise RequestRefused(BadUserInput.code, [_too_long_error(name, len(value))])
    coercion = operation.plans.coercion if operation.plans else None
    if coercion is not None:
        try:
            return coercion.of(variables or {})
        except NotCoerced:
            pass  # graphql-core says what is wrong
    values = get_variable_values(
        schema,
        definitions,
        dict(variables or {}),
        max_errors=MAX_ERRORS,
        hide_suggestions=operation.hides_suggestions,
    )
    if isinstance(values, list):
        raise RequestRefused(BadUserInput.code, values)
    return values


def _too_long_error(name: str, length: int) -> GraphQLError:
    return GraphQLError(f"Variable '${name}' has {length} items; at most {_MAX_ITEMS} are read.")


def create_executor(
    schema: GraphQLSchema,
    operation: Operation,
    values: VariableValues,
    context: RequestContext,
    root: object = None,
    on_error: ErrorBehavior = ErrorBehavior.PROPAGATE,
) -> Executor[Any]:
    """Create graphql-core's executor of an operation, for one execution."""
    arguments = _executor_arguments(schema, operation, values, context, root)
    if current_trace() is not None:
        arguments["middleware_manager"] = MiddlewareManager(trace_fields)
    return SourceExecutor(**arguments).with_behavior(on_error)


# Any: an executor's arguments have every type.
def _executor_arguments(
    schema: GraphQLSchema,
    operation: Operation,
    values: VariableValues,
    context: RequestContext,
    root: object,
) -> dict[str, Any]:
    return {
        "schema": schema,
        "fragment_definitions": operation.fragment_definitions,
        "fragments": operation.fragments,
        "root_value": root,
        "context_value": context,
        "operation": operation.definition,
        "variable_values": values,
        "field_resolver": default_field_resolver,
        "type_resolver": default_type_resolver,
        "subscribe_field_resolver": default_field_resolver,
        "hide_suggestions": operation.hides_suggestions,
    }


def error_code(error: GraphQLError) -> str | None:
    """The code that clients see for `error`; None if the error must be masked."""
    code = (error.extensions or {}).get("code")
    if isinstance(code, str):
        return code
    cause = error.original_error
    if isinstance(cause, Refusal):
        return cause.code.name
    if isinstance(cause, PersonUnknown | KeyRevoked):
        return Unauthenticated.code
    return BadUserInput.code if cause is None or isinstance(cause, GraphQLError) else None
