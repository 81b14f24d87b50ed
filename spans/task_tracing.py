"""Coroutines that tell a trace whenever they resume, wait or end."""

from asyncio import AbstractEventLoop, Task
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from spans.current import current_trace, trace_in
from spans.part import Part
from spans.recording import Awaited
from spans.trace import Span, TaskSpans, Trace

T = TypeVar("T")
# Any, in this module: what is sent to coroutines and yielded by them concerns the event loop alone.
AnyCoroutine = Coroutine[Any, Any, T]


class CoroutineWrapper(Coroutine[Any, Any, T], Generic[T]):
    """A coroutine whose every step goes through `step`."""

    __slots__ = ("_coroutine",)

    def __init__(self, coroutine: AnyCoroutine[T]) -> None:
        self._coroutine = coroutine

    def step(self, resume: Callable[..., Any], *arguments: Any) -> Any:
        """Run the coroutine until it waits or ends."""
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


class TracedTask(CoroutineWrapper[T]):
    """The coroutine of one task of a traced request."""

    __slots__ = ("_lane", "_trace")

    def __init__(self, coroutine: AnyCoroutine[T], trace: Trace, lane: TaskSpans) -> None:
        super().__init__(coroutine)
        self._trace, self._lane = trace, lane

    def step(self, resume: Callable[..., Any], *arguments: Any) -> Any:
        """Run it as the trace's running task."""
        trace, lane = self._trace, self._lane
        if not trace.is_open:
            return resume(*arguments)
        before, has_ended = trace.resume(lane), True
        try:
            yielded = resume(*arguments)
            has_ended = False
            return yielded
        finally:
            trace.suspend(lane, before, has_ended=has_ended)


class SpanCoroutine(CoroutineWrapper[T]):
    """A coroutine that is a span of its own, in whatever task runs it."""

    __slots__ = ("_awaited", "_is_continued", "_part", "_span", "_trace")

    def __init__(
        self,
        coroutine: AnyCoroutine[T],
        trace: Trace,
        part: Part,
        *,
        is_continued: bool = False,
        awaited: Sequence[Awaited] = (),
    ) -> None:
        super().__init__(coroutine)
        self._trace, self._part, self._is_continued = trace, part, is_continued
        self._awaited = awaited
        self._span: Span | None = None

    def step(self, resume: Callable[..., Any], *arguments: Any) -> Any:
        """Run it; its span lasts from the first step to the end."""
        if self._span is None:
            self._span = self._trace.enter(self._part, is_continued=self._is_continued)
            if self._awaited and self._span.recorded is not None:
                self._span.recorded.awaited = self._awaited
        try:
            return resume(*arguments)
        except BaseException as error:
            recorded = self._span.recorded
            if recorded is not None and not isinstance(error, StopIteration):
                recorded.error = type(error).__name__
            self._trace.leave(self._span)
            raise


def trace_tasks(loop: AbstractEventLoop) -> Callable[[], None]:
    """Trace the tasks that traced requests start; returns a function that stops this.

    The task factory is installed only while a request is traced, since it costs a call per task.
    """
    before = loop.get_task_factory()
    if isinstance(before, _TracingTaskFactory):
        before.users += 1
        return before.leave
    factory = _TracingTaskFactory(loop, before)
    loop.set_task_factory(factory)
    return factory.leave


class _TracingTaskFactory:
    """Creates tasks as the loop would, and traces those of traced requests."""

    def __init__(self, loop: AbstractEventLoop, before: Any) -> None:
        self._loop = loop
        self._before = before
        self.users = 1

    def __call__(
        self, loop: AbstractEventLoop, coroutine: Any, context: Context | None = None, **named: Any
    ) -> Any:
        trace = current_trace() if context is None else trace_in(context)
        if trace is not None and trace.is_open:
            coroutine = traced_task(trace, coroutine, is_detached=context is not None)
        if context is not None:
            named["context"] = context
        if self._before is not None:
            return self._before(loop, coroutine, **named)
        return Task(coroutine, loop=loop, **named)

    def leave(self) -> None:
        """Stop tracing for one user; the last one restores the loop's own factory."""
        self.users -= 1
        if not self.users and self._loop.get_task_factory() is self:
            self._loop.set_task_factory(self._before)


def traced_task(
    trace: Trace, coroutine: AnyCoroutine[T], *, is_detached: bool = False
) -> TracedTask[T]:
    """Wrap a task's coroutine; it begins in the part that started it."""
    base = Span(trace.current_part, is_continued=True)
    base.recorded = trace.recorded
    if trace.running is not None and trace.running.is_detached:
        is_detached = True
    return TracedTask(coroutine, trace, TaskSpans(base, is_detached=is_detached))
