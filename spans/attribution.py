"""How code says which part of a request it is; costs a look where the request is not traced."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from spans.current import current_trace
from spans.following import WithinSpan
from spans.part import Kind, Part

P = ParamSpec("P")
T = TypeVar("T")
# Any, in this module: what coroutines yield concerns the event loop alone.
_Coroutine = Coroutine[Any, Any, T]


def attributed(part: Part, coroutine: _Coroutine[T]) -> _Coroutine[T]:
    """The coroutine, whose time is that of `part`."""
    trace = current_trace()
    if trace is None or not trace.is_open:
        return coroutine
    return WithinSpan(coroutine, trace, part)


def attributed_call(part: Part) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Have the time of a function, which awaits nothing, be that of `part`."""

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
    """Have the time of a coroutine function be that of a part of its name."""

    def decorate(function: Callable[P, _Coroutine[T]]) -> Callable[P, _Coroutine[T]]:
        module = function.__module__.rpartition(".")[2]
        part = Part(kind, f"{module}.{function.__name__}")

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> _Coroutine[T]:
            trace = current_trace()
            if trace is None or not trace.is_open:
                return function(*args, **kwargs)
            return WithinSpan(function(*args, **kwargs), trace, part)

        return call

    return decorate
