"""The trace that the running code belongs to, and the background job, where it is one."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar

from spans.part import Part
from spans.trace import Trace

_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)
_job: ContextVar[str | None] = ContextVar("job", default=None)
current_trace = _trace.get
"""The trace of the current request; None where nobody wants to know, as of nearly all requests."""
current_job = _job.get
"""The name of the background job that runs; None while a request is worked for."""


class _Untraced:
    """Stands for the trace of a request that has none."""

    def stage(self, part: Part | None) -> None:
        """Do nothing about it."""


UNTRACED = _Untraced()


def trace_in(context: Context) -> Trace | None:
    """The trace of what runs in `context`."""
    return context.get(_trace)


@contextmanager
def within_trace(trace: Trace) -> Iterator[None]:
    """Have what runs in the block, and in tasks started there, belong to `trace`."""
    token = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(token)


@contextmanager
def within_job(name: str) -> Iterator[None]:
    """Have what runs in the block, and in tasks started there, be background work of that name."""
    token = _job.set(name)
    try:
        yield
    finally:
        _job.reset(token)


def job_context(name: str) -> Context:
    """A context for a job that a request starts: nothing of it goes on there but its trace."""
    context = Context()
    context.run(_job.set, name)
    context.run(_trace.set, _trace.get())
    return context
