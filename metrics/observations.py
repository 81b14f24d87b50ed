"""What this process has seen of its statements and operations.

Kept twice: for Prometheus, and for the operations fields of the API, where counts and totals are
of the whole life of the process and percentiles of the newest samples.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from math import ceil

from prometheus_client import Counter, Histogram

# Edges at 0.3 and 0.7 seconds, where the objectives are.
_OPERATION_EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 2.5, 5.0, 10.0, 20.0)
_STATEMENT_EDGES = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)

OPERATION_SECONDS = Histogram(
    "guidance_operation_seconds",
    "Seconds to answer a GraphQL operation that was not refused on purpose.",
    ("operation",),
    buckets=_OPERATION_EDGES,
)
OPERATIONS = Counter(
    "guidance_operations",
    "GraphQL operations answered, by outcome.",
    ("operation", "outcome"),
)
STATEMENT_SECONDS = Histogram(
    "guidance_statement_seconds",
    "Seconds that the statements of a repository method took.",
    ("method",),
    buckets=_STATEMENT_EDGES,
)

_SAMPLES = 1024
_DISTINCT_NAMES = 500
OTHER = "other"
"""The name under which everything is counted that comes after the first 500 names."""


@dataclass(slots=True)
class Timing:
    """The durations, in seconds, of one kind of thing."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0
    newest: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))

    def add(self, seconds: float) -> None:
        """Note one duration."""
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)
        self.newest.append(seconds)

    def percentile(self, share: float) -> float:
        """The duration that `share` of the newest samples do not exceed (nearest rank)."""
        ordered = sorted(self.newest)
        return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else 0.0


class Outcome(Enum):
    """What became of a request."""

    OK = "ok"
    CLIENT_ERROR = "client_error"
    PROTECTED = "protected"
    SERVER_ERROR = "server_error"


@dataclass(slots=True)
class OperationRecord:
    """What became of the requests for one operation."""

    timing: Timing = field(default_factory=Timing)
    requests: int = 0
    errors: int = 0
    protected: int = 0
    statements_max: int = 0


class Observations:
    """Timings by repository method and records by operation, both bounded in number."""

    def __init__(self) -> None:
        self._methods: dict[str, Timing] = {}
        self._operations: dict[str, OperationRecord] = {}

    def statement(self, method: str, seconds: float, _rows: int) -> None:
        """Note that a statement of `method` took `seconds`."""
        timing = self._methods.get(method)
        if timing is None:
            timing = self._methods.setdefault(method, Timing())
        timing.add(seconds)
        STATEMENT_SECONDS.labels(method).observe(seconds)

    def operation(self, name: str, seconds: float, *, statements: int, outcome: Outcome) -> None:
        """Note an answer; one refused on purpose does not count towards the latency."""
        if name not in self._operations and len(self._operations) >= _DISTINCT_NAMES:
            name = OTHER
        record = self._operations.setdefault(name, OperationRecord())
        record.requests += 1
        record.errors += outcome is Outcome.SERVER_ERROR
        record.protected += outcome is Outcome.PROTECTED
        record.statements_max = max(record.statements_max, statements)
        OPERATIONS.labels(name, outcome.value).inc()
        if outcome is not Outcome.PROTECTED:
            record.timing.add(seconds)
            OPERATION_SECONDS.labels(name).observe(seconds)

    def slowest_methods(self, top: int) -> list[tuple[str, Timing]]:
        """The `top` methods by total time, slowest first."""
        return sorted(self._methods.items(), key=lambda item: -item[1].total)[:top]

    def operations(self) -> list[tuple[str, OperationRecord]]:
        """Every operation seen."""
        return list(self._operations.items())
