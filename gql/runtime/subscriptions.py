"""Runs subscriptions: each event of the source is executed by the plans of the document."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, located_error
from graphql.execution import Executor, create_source_event_stream
from graphql.execution.values import VariableValues

from gql.context import RequestContext
from gql.documents.operation import Operation
from gql.errors import DeadlineExceeded
from gql.runtime.deadline import DeadlineScope
from gql.runtime.error_behavior import ErrorBehavior
from gql.runtime.execution import create_executor, run
from spans.attribution import attributed
from spans.part import Kind, Part

_NEXT = Part(Kind.EVENTS, "next")
_END = object()


@dataclass(frozen=True, slots=True)
class SubscriptionEvent:
    """The result of one event of the source.

    `number` is the `event_id` of the source's value, if it has one: a client can resume the stream
    after this number.
    """

    number: int | None
    result: ExecutionResult


class StreamFailed(Exception):
    """The source could not be created, or failed; no event follows."""

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.error = error


# Any: a source yields values of every type.
async def subscribe(
    schema: GraphQLSchema,
    operation: Operation,
    values: VariableValues,
    context: RequestContext,
    new_context: Callable[[], RequestContext],
    *,
    deadline_seconds: float,
    on_error: ErrorBehavior = ErrorBehavior.PROPAGATE,
) -> AsyncGenerator[SubscriptionEvent, None]:
    """The events of a subscription, each executed in a context from `new_context`.

    An error of a field ends no stream, whatever `on_error` is. `context` is the source's own, in
    which its resolver records faults and refusals.

    Raises `StreamFailed`, also if creating the source or executing one event takes longer than
    `deadline_seconds`. The source is closed when the generator is closed, or its consumer is
    cancelled.
    """
    with _in_time(deadline_seconds):
        source = await _source(create_executor(schema, operation, values, context))
    try:
        while (value := await _next(source, operation)) is not _END:
            with _in_time(deadline_seconds):
                result = await run(
                    schema,
                    operation,
                    values,
                    new_context(),
                    value,
                    is_encoded=True,
                    on_error=on_error,
                )
            yield SubscriptionEvent(getattr(value, "event_id", None), result)
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()


@contextmanager
def _in_time(seconds: float) -> Iterator[None]:
    try:
        with DeadlineScope(seconds):
            yield
    except DeadlineExceeded as error:
        raise StreamFailed(error) from error


async def _source(executor: Executor[Any]) -> AsyncIterator[Any]:
    made = create_source_event_stream(executor)
    source = await made if isawaitable(made) else made
    if isinstance(source, ExecutionResult):
        (error,) = source.errors or []
        raise StreamFailed(error)
    return aiter(source)


async def _next(source: AsyncIterator[Any], operation: Operation) -> Any:
    try:
        return await attributed(_NEXT, _next_value(source))
    except Exception as error:
        field = operation.definition.selection_set.selections[0]
        raise StreamFailed(located_error(error, [field])) from error


async def _next_value(source: AsyncIterator[Any]) -> Any:
    return await anext(source, _END)
