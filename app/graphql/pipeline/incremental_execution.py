"""Runs a query with incremental delivery, up to its deadline."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from graphql import GraphQLSchema
from graphql.execution.values import VariableValues

from app.graphql.pipeline.operation_facts import OperationFacts
from gql.context import RequestContext
from gql.errors import DeadlineExceeded
from gql.runtime.deadline import DeadlineScope, WaitForDisconnect
from gql.runtime.error_behavior import ErrorBehavior
from gql.runtime.incremental import Part, run_in_parts


async def execute_in_parts(
    schema: GraphQLSchema,
    facts: OperationFacts,
    values: VariableValues,
    context: RequestContext,
    gone: WaitForDisconnect | None,
    on_error: ErrorBehavior,
) -> AsyncGenerator[Part, None]:
    """The results of a query with incremental delivery; the deadline covers all its parts.

    After the first part the transport itself notices a disconnect.
    """
    loop, seconds = asyncio.get_running_loop(), facts.deadline_seconds
    ends = loop.time() + seconds
    running = run_in_parts(schema, facts.operation, values, context, on_error)
    async with aclosing(running) as parts:
        while True:
            try:
                with DeadlineScope(max(0.0, ends - loop.time()), gone):
                    part = await anext(parts, None)
            except DeadlineExceeded:
                raise DeadlineExceeded(seconds) from None
            if part is None:
                return
            gone = None
            yield part
