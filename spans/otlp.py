"""Exports recordings over OTLP; imported only where an endpoint is set, as OpenTelemetry is large.

The SDK batches and sends in a thread of its own, with a bounded queue: what does not fit is
dropped. Its variables for headers, certificates, the resource and batches hold (`OTEL_…`).
"""

from collections.abc import Mapping
from time import perf_counter, time_ns

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, TraceFlags, TraceState, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.status import Status, StatusCode

from spans.part import Part
from spans.rate_bound import RateBound
from spans.recording import RecordedSpan, Recording
from spans.semantics import attributes_of, kind_of, name_of

_SCOPE = InstrumentationScope("guidance")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_PROPAGATED = (b"traceparent", b"tracestate")
_propagator = TraceContextTextMapPropagator()


class OtlpExporter:
    """Exports to the collector at `endpoint` without waiting for it.

    Of requests that were not drawn, those that callers ask for and those that went wrong, it
    takes `most_others_per_second`.
    """

    def __init__(
        self, endpoint: str, *, service_name: str, share: float, most_others_per_second: float
    ) -> None:
        self.share = share
        self._others = RateBound(most_others_per_second)
        self._resource = Resource.create({SERVICE_NAME: service_name})
        self._processor = BatchSpanProcessor(
            OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        )

    def recording(
        self,
        root: Part,
        began_at: float,
        fields: Mapping[bytes, bytes],
        *,
        is_drawn: bool,
        sampled: bool | None,
    ) -> Recording | None:
        """A recording if a trusted caller samples it, or says nothing and this one was drawn."""
        if sampled and not self._others.take():
            sampled = None
        is_recorded = is_drawn if sampled is None else sampled
        return _continued(root, began_at, _caller(fields)) if is_recorded else None

    def afterwards(
        self, root: Part, began_at: float, fields: Mapping[bytes, bytes]
    ) -> Recording | None:
        """A recording of what has ended already; None if there were too many of these."""
        return _continued(root, began_at, _caller(fields)) if self._others.take() else None

    def export(self, recording: Recording) -> None:
        """Hand the spans of a finished recording to the SDK."""
        zero = time_ns() - round(perf_counter() * 1e9)
        # The root comes last, so that who has it has the rest.
        for span in reversed(recording.spans):
            self._processor.on_end(self._readable(span, recording, zero))

    def close(self) -> None:
        """Send what is left; takes as long as the SDK lets the collector take."""
        self._processor.shutdown()  # type: ignore[no-untyped-call]  # the SDK leaves it untyped

    def _readable(self, span: RecordedSpan, recording: Recording, zero: int) -> ReadableSpan:
        parent_id = recording.parent_id if span.parent is None else span.parent.span_id
        ended_at = span.began_at if span.ended_at is None else span.ended_at
        return ReadableSpan(
            name_of(span),
            context=_context(recording, span.span_id),
            parent=None if parent_id is None else _context(recording, parent_id),
            resource=self._resource,
            attributes=attributes_of(span, recording),
            links=[
                Link(_context(recording, field.span_id), {"guidance.field": field.part.name})
                for field in span.waited_for_by()
            ],
            kind=kind_of(span),
            status=Status(StatusCode.UNSET)
            if span.error is None
            else Status(StatusCode.ERROR, span.error),
            start_time=zero + round(span.began_at * 1e9),
            end_time=zero + round(max(ended_at, span.began_at) * 1e9),
            instrumentation_scope=_SCOPE,
        )


def _continued(root: Part, began_at: float, caller: SpanContext | None) -> Recording:
    if caller is None:
        return Recording(root, began_at)
    return Recording(
        root,
        began_at,
        trace_id=caller.trace_id,
        parent_id=caller.span_id,
        trace_state=caller.trace_state.to_header(),
    )


def _caller(fields: Mapping[bytes, bytes]) -> SpanContext | None:
    """The caller's span, as the header fields of the W3C name it; None if they do not."""
    if b"traceparent" not in fields:
        return None
    carrier = {
        name.decode(): fields[name].decode("latin-1") for name in _PROPAGATED if name in fields
    }
    context = get_current_span(_propagator.extract(carrier)).get_span_context()
    return context if context.is_valid else None


def _context(recording: Recording, span_id: int) -> SpanContext:
    state = TraceState.from_header([recording.trace_state]) if recording.trace_state else None
    return SpanContext(recording.trace_id, span_id, False, _SAMPLED, state)
