"""Exporting the traces of jobs: periodic ones, and the replies that requests start."""

from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from random import random
from typing import Any, TypeVar

from spans.current import current_exporter, current_trace
from spans.part import Kind, Part
from spans.recording import Recording
from spans.trace import Trace
from spans.tracer import traced

T = TypeVar("T")
# Any, in this module: what coroutines yield concerns the event loop alone.


@contextmanager
def exported(trace: Trace) -> Iterator[None]:
    """Export the trace of a job that runs in the block: a share of them, and each that fails."""
    exporter = current_exporter()
    if exporter is None:
        yield
        return
    recording = trace.recording = Recording(trace.root, trace.began_at)
    is_drawn = random() < exporter.share  # noqa: S311 - no secret
    try:
        yield
    except Exception as error:
        recording.root.error, is_drawn = type(error).__name__, True
        raise
    finally:
        trace.finish()
        if is_drawn:
            exporter.export(recording)


def exported_job(name: str, work: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
    """The work of a job that a request starts; where that is exported, this is, as part of it.

    The job may outlive its request, so it has an account and spans of its own.
    """
    trace = current_trace()
    if trace is None or trace.recording is None or trace.recorded is None:
        return work
    parent = trace.recording
    recording = Recording(
        Part(Kind.JOB, name),
        trace.began_at + trace.seconds,
        trace_id=parent.trace_id,
        parent_id=trace.recorded.span_id,
        trace_state=parent.trace_state,
    )
    recording.exporter = parent.exporter
    return _exported_job(recording, work)


async def _exported_job(recording: Recording, work: Coroutine[Any, Any, T]) -> T:
    trace = Trace(recording.root.part, recording=recording)
    try:
        return await traced(trace, work)
    finally:
        trace.finish()
        if recording.exporter is not None:
            recording.exporter.export(recording)
