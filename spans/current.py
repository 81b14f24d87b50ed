"""The trace and the background job that the running code belongs to, if any."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar

from spans.exporter import Exporter
from spans.part import Part
from spans.trace import Trace

_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)
_job: ContextVar[str | None] = ContextVar("job", default=None)
_exporter: ContextVar[Exporter | None] = ContextVar("exporter", default=None)
current_exporter = _exporter.get
"""What background jobs export their traces with; None in requests, and if nothing is exported."""
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


@contextmanager
def exporting_with(exporter: Exporter) -> Iterator[None]:
    """Export the traces of jobs that start in the block."""
    token = _exporter.set(exporter)
    try:
        yield
    finally:
        _exporter.reset(token)


def current_traceparent() -> str | None:
    """What tells another program that its work belongs to the running span; None unless recorded.

    https://www.w3.org/TR/trace-context/#traceparent-header
    """
    trace = _trace.get()
    span = trace.recorded if trace is not None and trace.is_open else None
    if trace is None or trace.recording is None or span is None:
        return None
    return trace.recording.traceparent(span)


def propagated_fields() -> dict[str, str]:
    """The header fields of a request to another program, so that it continues the trace."""
    traceparent, trace = current_traceparent(), _trace.get()
    if traceparent is None or trace is None or trace.recording is None:
        return {}
    state = trace.recording.trace_state
    return {"traceparent": traceparent} | ({"tracestate": state} if state else {})


def current_trace_id() -> str | None:
    """The id of the exported trace that the running code belongs to."""
    trace = _trace.get()
    return trace.recording.id_text if trace is not None and trace.recording is not None else None


def job_context(name: str) -> Context:
    """A context for a job that a request starts; of the request it has only the trace."""
    context = Context()
    context.run(_job.set, name)
    context.run(_trace.set, _trace.get())
    context.run(_exporter.set, _exporter.get())
    return context
