"""Answering a query in parts: what is deferred or streamed comes after the rest.

The format is that of graphql-js 17 and its clients, `incrementalSpec=v0.2`: each part says which
places are `pending`, and brings what belongs there as `incremental`, until they are `completed`.
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
) -> AsyncGenerator[Part, None]:
    """Give the parts of a query's answer; a single result where nothing of it was put off.

    What is put off begins with the rest, so that loaders collect keys across both. Closing the
    generator ends what still runs.
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
    )
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
