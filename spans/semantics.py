"""What spans are called in OpenTelemetry: names, kinds and attributes, by its conventions.

https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/
https://opentelemetry.io/docs/specs/semconv/db/postgresql/
"""

from opentelemetry.trace import SpanKind

from spans.part import Kind
from spans.recording import RecordedSpan, Recording

_CLIENTS = frozenset({Kind.DATABASE, Kind.REDIS, Kind.MODEL, Kind.ATTEMPT, Kind.PAYMENTS})
_REQUEST = {
    "request_id": "guidance.request_id",
    "method": "http.request.method",
    "path": "url.path",
    "operation": "guidance.operation",
    "outcome": "guidance.outcome",
    "statements": "guidance.statements",
    "status": "http.response.status_code",
    "cost": "guidance.cost",
}
"""The attributes of a request, by their names in its line of the log."""


def name_of(span: RecordedSpan) -> str:
    """The span's name: of few values, and none of them a client's."""
    kind, name = span.part
    if kind is Kind.REQUEST and "method" in span.attributes:
        return f"{span.attributes['method']} {span.attributes.get('path', '')}"
    if kind is Kind.BATCH:
        return f"batch {name.partition(' for ')[0]}"
    return name


def kind_of(span: RecordedSpan) -> SpanKind:
    """Whether it serves somebody, asks somebody, or is the server's own work."""
    if span.parent is None and span.part.kind is Kind.REQUEST:
        return SpanKind.SERVER
    return SpanKind.CLIENT if span.part.kind in _CLIENTS else SpanKind.INTERNAL


def attributes_of(span: RecordedSpan, recording: Recording) -> dict[str, str | int | float]:
    """The span's attributes."""
    if span.parent is None:
        return _of_root(span, recording)
    kind, name = span.part
    found: dict[str, str | int | float] = dict(span.attributes)
    if kind is Kind.EXECUTION:
        type_, _, operation = name.partition(" ")
        found |= {"graphql.operation.type": type_, "graphql.operation.name": operation}
    elif kind is Kind.DATABASE:
        found |= {"db.system.name": "postgresql", "db.query.summary": name}
    elif kind is Kind.REDIS:
        found |= {"db.system.name": "redis"}
    elif kind is Kind.RESOLVER:
        found |= {"guidance.field": name, "guidance.calls": span.calls}
    elif kind is Kind.ATTEMPT:
        found |= {"gen_ai.operation.name": "chat"}
    return found


def _of_root(span: RecordedSpan, recording: Recording) -> dict[str, str | int | float]:
    found = {
        named: span.attributes[key] for key, named in _REQUEST.items() if key in span.attributes
    }
    if recording.dropped:
        found["guidance.dropped_spans"] = recording.dropped
    return found
