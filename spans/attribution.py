"""Attributing code's time to parts of a request; costs one lookup if the request is not traced."""

from collections.abc import Callable, Coroutine, Sequence
from functools import wraps
from time import perf_counter
from typing import Any, ParamSpec, TypeVar

from spans.current import current_trace
from spans.part import Kind, Part
from spans.recording import Awaited, RecordedSpan
from spans.task_tracing import SpanCoroutine

P = ParamSpec("P")
T = TypeVar("T")
# Any, in this module: what coroutines yield concerns the event loop alone.
_Coroutine = Coroutine[Any, Any, T]


def attributed(
    part: Part, coroutine: _Coroutine[T], awaited: Sequence[Awaited] = ()
) -> _Coroutine[T]:
    """The coroutine, with its time attributed to `part`; it loads the `awaited` values."""
    trace = current_trace()
    if trace is None or not trace.is_open:
        return coroutine
    return SpanCoroutine(coroutine, trace, part, awaited=awaited)


def begin_recorded(part: Part) -> Callable[[str | None], None] | None:
    """Record a span until what is returned is called, with the kind of an error if there was one.

    For work whose steps are not one coroutine; None if nothing is recorded.
    """
    trace = current_trace()
    around = None if trace is None or not trace.is_open else trace.recorded
    if trace is None or around is None or trace.recording is None:
        return None
    span = RecordedSpan(part, perf_counter(), around)
    trace.recording.spans.append(span)

    def end(error: str | None) -> None:
        span.ended_at, span.error = perf_counter(), error

    return end


def attributed_call(part: Part) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorate a function that awaits nothing: its time is attributed to `part`."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            trace = current_trace()
            if trace is None or not trace.is_open:
                return function(*args, **kwargs)
            with trace.span(part):
                return function(*args, **kwargs)

        return call

    return decorate


def attributed_to(
    kind: Kind,
) -> Callable[[Callable[P, _Coroutine[T]]], Callable[P, _Coroutine[T]]]:
    """Decorate a coroutine function: its time is attributed to a part of its name."""

    def decorate(function: Callable[P, _Coroutine[T]]) -> Callable[P, _Coroutine[T]]:
        module = function.__module__.rpartition(".")[2]
        part = Part(kind, f"{module}.{function.__name__}")

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> _Coroutine[T]:
            trace = current_trace()
            if trace is None or not trace.is_open:
                return function(*args, **kwargs)
            return SpanCoroutine(function(*args, **kwargs), trace, part)

        return call

    return decorate
