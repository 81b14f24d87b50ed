"""Where the time of traced requests goes, by operation and by part."""

from collections.abc import Mapping

from prometheus_client import Counter

from metrics.buffered import BufferedCounter
from spans.part import Kind, Part
from spans.trace import SelfTime

OPERATION_PART_SECONDS = Counter(
    "guidance_operation_part_seconds",
    "Seconds that traced requests for an operation passed in parts of a kind; together they are"
    " all of their time.",
    ("operation", "kind"),
)
OPERATIONS_TRACED = Counter(
    "guidance_operation_traced", "Requests for an operation that were traced.", ("operation",)
)
PART_SECONDS = Counter(
    "guidance_part_seconds", "Seconds that traced requests passed in a part.", ("kind", "name")
)
PARTS = Counter("guidance_part", "How often a part came in traced requests.", ("kind", "name"))

_DISTINCT_NAMES = 500
OTHER = "other"
"""The name that all operations after the first 500 are counted under."""


NAMED_BY_CODE = frozenset(
    {
        Kind.METHOD,
        Kind.DATABASE,
        Kind.BATCH,
        Kind.RESOLVER,
        Kind.WRITER,
        Kind.MODEL,
        Kind.PAYMENTS,
        Kind.JOB,
    }
)
"""Kinds of parts that have their own names; the others are labelled with the operation's."""


class TracedParts:
    """The parts of this process's traced requests; the number of names is bounded."""

    def __init__(self) -> None:
        self._operations: dict[str, int] = {}
        self._kinds: dict[tuple[str, Kind], float] = {}
        self._parts: dict[Part, SelfTime] = {}
        self._flushed: dict[tuple[object, ...], BufferedCounter] = {}

    def record(self, operation: str, uses: Mapping[Part, SelfTime]) -> None:
        """Add the parts of one traced request."""
        if operation not in self._operations and len(self._operations) >= _DISTINCT_NAMES:
            operation = OTHER
        self._operations[operation] = self._operations.get(operation, 0) + 1
        for one, use in uses.items():
            kind = operation, one.kind
            self._kinds[kind] = self._kinds.get(kind, 0.0) + use.seconds
            part = one if one.kind in NAMED_BY_CODE else Part(one.kind, operation)
            times, seconds = self._parts.get(part, (0, 0.0))
            self._parts[part] = SelfTime(times + use.times, seconds + use.seconds)

    def use(self, part: Part) -> SelfTime:
        """The occurrences and seconds of one part in all traced requests."""
        return self._parts.get(part, SelfTime(0, 0.0))

    def flush(self) -> None:
        """Flush the totals to Prometheus."""
        for name, requests in self._operations.items():
            self._counter_for(OPERATIONS_TRACED, name).flush(requests)
        for of_operation, seconds in self._kinds.items():
            self._counter_for(OPERATION_PART_SECONDS, *of_operation).flush(seconds)
        for part, use in self._parts.items():
            self._counter_for(PARTS, *part).flush(use.times)
            self._counter_for(PART_SECONDS, *part).flush(use.seconds)

    def _counter_for(self, counter: Counter, *labels: str) -> BufferedCounter:
        flushed = self._flushed.get((counter, *labels))
        if flushed is None:
            flushed = self._flushed[counter, *labels] = BufferedCounter(counter.labels(*labels))
        return flushed
