"""Recording the spans of one request one by one, for whoever exports them.

An account (`spans.trace`) adds up the time of parts; a recording keeps when each began and ended,
below which other, and who waited for it. The fields of an operation are one span each, from the
first call of its resolver to the end of the last, so that a page of a thousand rows has no more
spans than its document has fields.
"""

from collections.abc import Sequence
from random import getrandbits
from typing import Protocol

from spans.part import Kind, Part

MOST_SPANS = 1_000
"""Beyond, spans are only counted."""
_PART_OF_WHAT_IS_AROUND = frozenset(
    {Kind.METHOD, Kind.WRITER, Kind.ENCODER, Kind.MODEL, Kind.REPLY}
)
"""Kinds without spans of their own: Python between statements, and single pieces of a reply."""


class Awaited(Protocol):
    """A value that fields wait for."""

    waiting: "list[RecordedSpan] | None"


class ExportsRecordings(Protocol):
    """Whatever a recording is exported by."""

    def export(self, recording: "Recording") -> None:
        """Export a finished recording, without waiting; does not raise."""


class RecordedSpan:
    """One span; times are those of the trace's clock, in seconds."""

    __slots__ = (
        "attributes",
        "awaited",
        "began_at",
        "calls",
        "ended_at",
        "error",
        "parent",
        "part",
        "span_id",
    )

    def __init__(self, part: Part, began_at: float, parent: "RecordedSpan | None") -> None:
        self.part = part
        self.began_at = began_at
        self.ended_at: float | None = None
        self.parent = parent
        self.span_id = getrandbits(64) or 1
        self.calls = 1
        self.error: str | None = None
        self.attributes: dict[str, str | int | float] = {}
        self.awaited: Sequence[Awaited] = ()
        """The values that a batch loads."""

    def waited_for_by(self) -> "list[RecordedSpan]":
        """The fields that waited for what a batch loaded, each once."""
        found = (field for value in self.awaited for field in value.waiting or ())
        return list(dict.fromkeys(found))


class Recording:
    """The spans of one request or job, the root first.

    `parent_id` is the caller's span, which may be another process's.
    """

    def __init__(
        self,
        root: Part,
        began_at: float,
        *,
        trace_id: int | None = None,
        parent_id: int | None = None,
        trace_state: str = "",
    ) -> None:
        self.trace_id = trace_id or getrandbits(128) or 1
        self.parent_id = parent_id
        self.trace_state = trace_state
        self.exporter: ExportsRecordings | None = None
        """What exports it, so that jobs which it starts are exported too."""
        self.root = RecordedSpan(root, began_at, None)
        self.stage = self.root
        """What is going on where no task runs."""
        self.spans = [self.root]
        self.dropped = 0
        self._fields: dict[Part, RecordedSpan] = {}

    @property
    def id_text(self) -> str:
        """The trace's id as logs and other programs write it."""
        return f"{self.trace_id:032x}"

    def begin(self, part: Part, parent: RecordedSpan, at: float) -> RecordedSpan:
        """Begin a span; the one around it, if this part has none of its own."""
        if part.kind in _PART_OF_WHAT_IS_AROUND:
            return parent
        if part.kind is Kind.RESOLVER:
            known = self._fields.get(part)
            if known is not None:
                known.calls += 1
                return known
        if len(self.spans) >= MOST_SPANS:
            self.dropped += 1
            return parent
        span = RecordedSpan(part, at, parent)
        self.spans.append(span)
        if part.kind is Kind.RESOLVER:
            self._fields[part] = span
        return span

    def finish(self, at: float) -> None:
        """End whatever is open; a field has lasted as long as what it waited for."""
        for span in self.spans:
            if span.ended_at is None:
                span.ended_at = at
        for batch in self.spans:
            for field in batch.waited_for_by():
                field.ended_at = max(field.ended_at or at, batch.ended_at or at)

    def traceparent(self, span: RecordedSpan) -> str:
        """What tells another program that its work belongs to `span`.

        https://www.w3.org/TR/trace-context/#traceparent-header
        """
        return f"00-{self.id_text}-{span.span_id:016x}-01"
