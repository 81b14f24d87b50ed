"""Incremental delivery: parts of an answer that are deferred or streamed follow later.

The format is that of graphql-js 17 and its clients, `incrementalSpec=v0.2`: each part announces
paths as `pending`, delivers their data as `incremental`, and reports them as `completed`.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from inspect import isawaitable
from typing import TypeAlias

from graphql import ExecutionResult, GraphQLSchema
from graphql.execution import default_field_resolver, default_type_resolver
from graphql.execution.types import (
    InitialIncrementalExecutionResult,
    SubsequentIncrementalExecutionResult,
)
from graphql.execution.values import VariableValues

from gql.context import RequestContext
from gql.documents.operation import Operation
from gql.runtime.error_behavior import ErrorBehavior
from gql.runtime.executor import IncrementalSourceExecutor

INCREMENTAL_SPEC = "v0.2"
Part: TypeAlias = (
    ExecutionResult | InitialIncrementalExecutionResult | SubsequentIncrementalExecutionResult
)


async def run_in_parts(
    schema: GraphQLSchema,
    operation: Operation,
    values: VariableValues,
    context: RequestContext,
    on_error: ErrorBehavior,
) -> AsyncGenerator[Part, None]:
    """The parts of a query's answer; a single result if nothing of it was deferred or streamed.

    Deferred parts start together with the rest, so that loaders batch keys across both. Closing
    the generator cancels what still runs.
    """
    executor = IncrementalSourceExecutor(
        schema=schema,
        fragment_definitions=operation.fragment_definitions,
        fragments=operation.fragments,
        root_value=None,
        context_value=context,
        operation=operation.definition,
        variable_values=values,
        field_resolver=default_field_resolver,
        type_resolver=default_type_resolver,
        subscribe_field_resolver=default_field_resolver,
        hide_suggestions=operation.hides_suggestions,
        enable_early_execution=True,
    ).with_behavior(on_error)
    made = executor.execute_operation()
    result = await made if isawaitable(made) else made
    if isinstance(result, ExecutionResult):
        yield result
        return
    try:
        yield result.initial_result
        async with aclosing(result.subsequent_results) as parts:
            async for part in parts:
                yield part
    finally:
        await executor.cancel_incremental_work()
