"""What this process has seen of its operations, and of the statements behind them.

Kept twice: for Prometheus, and for the operations fields of the API, where counts and totals are
of the whole life of the process and percentiles of the newest samples.
"""

from dataclasses import dataclass, field
from enum import Enum

from prometheus_client import Counter, Histogram

from metrics.methods import Methods
from metrics.timing import Timing

# Edges at 0.3 and 0.7 seconds, where the objectives are.
_OPERATION_EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 2.5, 5.0, 10.0, 20.0)

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

_DISTINCT_NAMES = 500
OTHER = "other"
"""The name under which everything is counted that comes after the first 500 names."""


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
    """The repository methods, and records by operation, bounded in number."""

    def __init__(self) -> None:
        self.methods = Methods()
        self._operations: dict[str, OperationRecord] = {}

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

    def operations(self) -> list[tuple[str, OperationRecord]]:
        """Every operation seen."""
        return list(self._operations.items())
