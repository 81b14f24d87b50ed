"""Coroutines that a trace follows: whenever one goes on, waits or ends, the trace knows."""

from asyncio import AbstractEventLoop, Task
from collections.abc import Callable, Coroutine
from contextvars import Context
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from spans.current import current_trace, trace_in
from spans.part import Part
from spans.trace import Lane, Span, Trace

T = TypeVar("T")
# Any, in this module: what is sent to coroutines and yielded by them concerns the event loop alone.
AnyCoroutine = Coroutine[Any, Any, T]


class Wrapped(Coroutine[Any, Any, T], Generic[T]):
    """A coroutine, each step of which goes through `step`."""

    __slots__ = ("_coroutine",)

    def __init__(self, coroutine: AnyCoroutine[T]) -> None:
        self._coroutine = coroutine

    def step(self, go_on: Callable[..., Any], *arguments: Any) -> Any:
        """Let the coroutine go on until it waits or ends."""
        raise NotImplementedError

    def send(self, value: Any) -> Any:
        """As of any coroutine."""
        return self.step(self._coroutine.send, value)

    def throw(
        self,
        kind: type[BaseException] | BaseException,
        value: BaseException | object = None,
        traceback: TracebackType | None = None,
    ) -> Any:
        """As of any coroutine."""
        error = kind if value is None else value
        if isinstance(error, BaseException) and traceback is not None:
            error = error.with_traceback(traceback)
        return self.step(self._coroutine.throw, error)

    def close(self) -> None:
        """As of any coroutine."""
        self._coroutine.close()

    def __await__(self) -> Self:
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return self.send(None)


class FollowedTask(Wrapped[T]):
    """What one task of a traced request does."""

    __slots__ = ("_lane", "_trace")

    def __init__(self, coroutine: AnyCoroutine[T], trace: Trace, lane: Lane) -> None:
        super().__init__(coroutine)
        self._trace, self._lane = trace, lane

    def step(self, go_on: Callable[..., Any], *arguments: Any) -> Any:
        """Let it go on, as the task that runs."""
        trace, lane = self._trace, self._lane
        if not trace.is_open:
            return go_on(*arguments)
        before, has_ended = trace.resume(lane), True
        try:
            yielded = go_on(*arguments)
            has_ended = False
            return yielded
        finally:
            trace.suspend(lane, before, has_ended=has_ended)


class WithinSpan(Wrapped[T]):
    """What is a part of its own, in whatever task runs it."""

    __slots__ = ("_is_continued", "_part", "_span", "_trace")

    def __init__(
        self, coroutine: AnyCoroutine[T], trace: Trace, part: Part, *, is_continued: bool = False
    ) -> None:
        super().__init__(coroutine)
        self._trace, self._part, self._is_continued = trace, part, is_continued
        self._span: Span | None = None

    def step(self, go_on: Callable[..., Any], *arguments: Any) -> Any:
        """Let it go on; its span lasts from the first step to the end."""
        if self._span is None:
            self._span = self._trace.enter(self._part, is_continued=self._is_continued)
        try:
            return go_on(*arguments)
        except BaseException:
            self._trace.leave(self._span)
            raise


def follow_tasks(loop: AbstractEventLoop) -> Callable[[], None]:
    """Follow the tasks that traced requests start; gives what ends that.

    There is a factory of tasks only while a request is traced: it takes a call for each task.
    """
    before = loop.get_task_factory()
    if isinstance(before, _Factory):
        before.users += 1
        return before.leave
    factory = _Factory(loop, before)
    loop.set_task_factory(factory)
    return factory.leave


class _Factory:
    """Makes tasks as the loop would, those of a traced request followed."""

    def __init__(self, loop: AbstractEventLoop, before: Any) -> None:
        self._loop = loop
        self._before = before
        self.users = 1

    def __call__(
        self, loop: AbstractEventLoop, coroutine: Any, context: Context | None = None, **named: Any
    ) -> Any:
        trace = current_trace() if context is None else trace_in(context)
        if trace is not None and trace.is_open:
            coroutine = followed(trace, coroutine, is_detached=context is not None)
        if context is not None:
            named["context"] = context
        if self._before is not None:
            return self._before(loop, coroutine, **named)
        return Task(coroutine, loop=loop, **named)

    def leave(self) -> None:
        """One of the traces has ended."""
        self.users -= 1
        if not self.users and self._loop.get_task_factory() is self:
            self._loop.set_task_factory(self._before)


def followed(
    trace: Trace, coroutine: AnyCoroutine[T], *, is_detached: bool = False
) -> FollowedTask[T]:
    """What a task of the request does: a part of what started it, until it says otherwise."""
    base = Span(trace.current_part, is_continued=True)
    if trace.running is not None and trace.running.is_detached:
        is_detached = True
    return FollowedTask(coroutine, trace, Lane(base, is_detached=is_detached))
