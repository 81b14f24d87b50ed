"""Wraps resolvers and encoding functions, to attribute their time in traced requests."""

from asyncio import iscoroutine
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any

from graphql import GraphQLResolveInfo

from gql.compiler.resolution.strawberry_fields import attribute_name
from gql.values.mapped_future import MappedFuture
from loaders.batching.loader import LoaderFuture
from spans.attribution import attributed_call
from spans.current import current_trace
from spans.part import Kind, Part
from spans.recording import RecordedSpan
from spans.task_tracing import SpanCoroutine
from spans.trace import Trace

# Any, in this module: resolvers take and return values of every type.
_Resolve = Callable[..., Any]


def traced_resolvers(
    names: Mapping[str, Any], resolvers: Mapping[str, Part]
) -> dict[str, _Resolve]:
    """The traced resolvers, by their names in compiled code."""
    return {name: _traced(part, names[name]) for name, part in resolvers.items()}


def traced_writers(names: Mapping[str, Any], writers: Mapping[str, Part]) -> dict[str, _Resolve]:
    """The traced functions that encode values of fields, by their names in compiled code."""
    return {name: attributed_call(part)(names[name]) for name, part in writers.items()}


def trace_fields(
    resolve: _Resolve, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any
) -> Any:
    """Trace resolvers in graphql-core's executor, as its middleware; not plain attributes."""
    trace = current_trace()
    part = _part(info.parent_type, info.field_name) if trace is not None else None
    if trace is None or part is None:
        return resolve(source, info, **arguments)
    return _called(trace, part, resolve, (source, info), arguments)


@cache
def _part(parent: Any, name: str) -> Part | None:
    field = parent.fields.get(name)
    if field is None or field.resolve is None or attribute_name(field) is not None:
        return None
    return Part(Kind.RESOLVER, f"{parent.name}.{name}")


def _traced(part: Part, resolve: _Resolve) -> _Resolve:
    @wraps(resolve)
    def call(*arguments: Any, **named: Any) -> Any:
        trace = current_trace()
        if trace is None:
            return resolve(*arguments, **named)
        return _called(trace, part, resolve, arguments, named)

    return call


def _called(
    trace: Trace, part: Part, resolve: _Resolve, arguments: Any, named: Mapping[str, Any]
) -> Any:
    with trace.span(part) as span:
        value = resolve(*arguments, **named)
    for one in value if type(value) is list else (value,):
        loaded = one.future if type(one) is MappedFuture else one
        if type(loaded) is LoaderFuture:
            loaded.requested_by = part.name
            if span.recorded is not None and not loaded.done():
                _wait(loaded, span.recorded)
    if type(value) is MappedFuture:
        return MappedFuture(value.future, _continued(trace, part, value.then))
    if iscoroutine(value):
        return SpanCoroutine(value, trace, part, is_continued=True)
    return value


def _wait(loaded: LoaderFuture[Any], field: RecordedSpan) -> None:
    """Record that a field waits for a value."""
    if loaded.waiting is None:
        loaded.waiting = [field]
    elif loaded.waiting[-1] is not field:
        loaded.waiting.append(field)


def _continued(trace: Trace, part: Part, then: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def call(value: Any) -> Any:
        with trace.span(part, is_continued=True):
            return then(value)

    return call
