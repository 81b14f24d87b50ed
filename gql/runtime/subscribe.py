"""Following a subscription: each event of its source, executed with the plans of its document."""

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
from gql.runtime.attention import Attention
from gql.runtime.run import create_executor, run
from spans.attribution import attributed
from spans.part import Kind, Part

_NEXT = Part(Kind.EVENTS, "next")
_END = object()


@dataclass(frozen=True, slots=True)
class Event:
    """What a client gets for one event of the source.

    It is numbered where the source's value has an `event_id`, a number after which the client may
    take up the stream again.
    """

    number: int | None
    result: ExecutionResult


class StreamFailed(Exception):
    """The source could not be had, or failed before its end; nothing follows."""

    def __init__(self, error: GraphQLError) -> None:
        super().__init__(error.message)
        self.error = error


# Any: a source gives whatever its field is made from.
async def subscribe(
    schema: GraphQLSchema,
    operation: Operation,
    values: VariableValues,
    context: RequestContext,
    new_context: Callable[[], RequestContext],
    *,
    deadline_seconds: float,
) -> AsyncGenerator[Event, None]:
    """Give the events of a subscription, each executed in a context of its own.

    `context` is that of the source, where its resolver says what became of the whole.

    Raises `StreamFailed`, also where one event, or the source, takes longer than
    `deadline_seconds`. Closing the generator, or cancelling who awaits it, closes the source
    before that returns.
    """
    with _in_time(deadline_seconds):
        source = await _source(create_executor(schema, operation, values, context))
    try:
        while (value := await _next(source, operation)) is not _END:
            with _in_time(deadline_seconds):
                result = await run(schema, operation, values, new_context(), value, is_encoded=True)
            yield Event(getattr(value, "event_id", None), result)
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()


@contextmanager
def _in_time(seconds: float) -> Iterator[None]:
    try:
        with Attention(seconds):
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
