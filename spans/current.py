"""The trace and the background job that the running code belongs to, if any."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar

from spans.part import Part
from spans.trace import Trace

_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)
_job: ContextVar[str | None] = ContextVar("job", default=None)
current_trace = _trace.get
"""The trace of the current request; None if it is not traced, as most are not."""
current_job = _job.get
"""The name of the running background job; None in requests."""


class _Untraced:
    """A null object in the place of the trace of a request that is not traced."""

    def stage(self, part: Part | None) -> None:
        """Do nothing."""


UNTRACED = _Untraced()


def trace_in(context: Context) -> Trace | None:
    """The trace in `context`."""
    return context.get(_trace)


@contextmanager
def within_trace(trace: Trace) -> Iterator[None]:
    """Make `trace` current in the block, and in tasks started inside."""
    token = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(token)


@contextmanager
def within_job(name: str) -> Iterator[None]:
    """Make the background job `name` current in the block, and in tasks started inside."""
    token = _job.set(name)
    try:
        yield
    finally:
        _job.reset(token)


def job_context(name: str) -> Context:
    """A context for a job that a request starts; of the request it has only the trace."""
    context = Context()
    context.run(_job.set, name)
    context.run(_trace.set, _trace.get())
    return context
