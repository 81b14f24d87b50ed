"""Statistics of this process's GraphQL operations, and of everything measured with them.

They are exposed twice: to Prometheus, and by the API's fields about operations, where counts and
totals are since the start of the process and percentiles of the newest samples.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeAlias

from prometheus_client import Counter, Histogram

from metrics import admission
from metrics.buffered import NEWEST, BufferedCounter, Timing, flush_histogram
from metrics.cache import CacheMetrics
from metrics.prometheus_internals import attach_exemplar
from metrics.repository_methods import RepositoryMethods
from metrics.traced_parts import TracedParts

# Edges at 0.3 and 0.7 seconds, where the objectives are.
_OPERATION_EDGES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 2.5, 5.0, 10.0, 20.0)

OPERATION_SECONDS = Histogram(
    "guidance_operation_seconds",
    "Seconds to answer a GraphQL operation; not those refused, and not those that a client's"
    " mistake ended.",
    ("operation", "kind"),
    buckets=_OPERATION_EDGES,
)
OPERATIONS = Counter(
    "guidance_operations",
    "GraphQL operations answered, by outcome.",
    ("operation", "outcome"),
)

STATEMENTS = Counter(
    "guidance_operation_statements", "SQL statements that operations ran.", ("operation",)
)
COST = Counter("guidance_operation_cost", "What operations were to cost.", ("operation",))
OVER_BUDGET = Counter(
    "guidance_operation_over_budget",
    "Answers beyond a number of the operation's budget: p95_ms, p99_ms, deadline_ms, statements or"
    " cost.",
    ("operation", "number"),
)

_Key: TypeAlias = tuple[str, str]
"""The name and the kind of an operation."""
_DISTINCT_NAMES = 500
OTHER = "other"
"""The name that all operations after the first 500 are counted under."""


class Outcome(StrEnum):
    """The outcome of a request."""

    OK = "ok"
    CLIENT_ERROR = "client_error"
    PROTECTED = "protected"
    SERVER_ERROR = "server_error"

    # Enum's own hash is a Python call, and too slow here.
    __hash__ = str.__hash__


_OK, _SERVER_ERROR = Outcome.OK, Outcome.SERVER_ERROR


class BudgetLimits(Protocol):
    """The limits in an operation's budget; one that is not agreed on is None."""

    @property
    def p95_ms(self) -> int:
        """Milliseconds within which 95% of the answers must be."""

    @property
    def p99_ms(self) -> int:
        """Milliseconds within which 99% of the answers must be."""

    @property
    def deadline_ms(self) -> int:
        """Milliseconds after which it is answered with an error; mutations still run to the end."""

    @property
    def statements(self) -> int | None:
        """The number of SQL statements that it may run."""

    @property
    def cost(self) -> int | None:
        """What it may cost."""


class OperationSample(NamedTuple):
    """One answered operation: its name, duration, statements, cost and outcome."""

    operation: str
    seconds: float
    statements: int
    cost: int
    outcome: Outcome

    def over(self, limits: BudgetLimits) -> list[tuple[str, float, int]]:
        """The limits that are exceeded: their names, the actual values, and the limits.

        Durations count only if the operation was executed: refusals are always quick.
        """
        was_executed = self.outcome is _OK or self.outcome is _SERVER_ERROR
        milliseconds = self.seconds * 1000 if was_executed else 0.0
        if (
            milliseconds <= limits.p95_ms
            and (limits.statements is None or self.statements <= limits.statements)
            and (limits.cost is None or self.cost <= limits.cost)
        ):
            return []
        taken = {
            "p95_ms": (milliseconds, limits.p95_ms),
            "p99_ms": (milliseconds, limits.p99_ms),
            "deadline_ms": (milliseconds, limits.deadline_ms),
            "statements": (self.statements, limits.statements),
            "cost": (self.cost, limits.cost),
        }
        return [
            (name, number, most)
            for name, (number, most) in taken.items()
            if most is not None and number > most
        ]


SampleValues: TypeAlias = tuple[float, int, int, Outcome]
"""A sample without its operation's name: seconds, statements, cost and outcome."""


@dataclass(slots=True)
class OperationStats:
    """The statistics of one operation, and its present budget."""

    limits: BudgetLimits
    name: str = OTHER
    timing: Timing = field(default_factory=Timing)
    requests: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    statements: int = 0
    statements_max: int = 0
    cost: int = 0
    statements_share: float = 0.0
    """The largest ratio of an answer's statements to its limit, if any exceeded it."""
    pending: list[SampleValues] = field(default_factory=list)
    """Samples that are not added to the totals yet."""
    exemplar: tuple[float, str] | None = None
    """The seconds of a request whose trace was exported since the last flush, and its id."""
    _failed_at: deque[int] = field(default_factory=lambda: deque(maxlen=NEWEST))
    """The ordinals of executed requests that failed by a server error."""

    @property
    def errors(self) -> int:
        """How many failed by a server error."""
        return self.outcomes[Outcome.SERVER_ERROR]

    @property
    def protected(self) -> int:
        """How many were refused by a protection, such as a limit."""
        return self.outcomes[Outcome.PROTECTED]

    @property
    def error_share(self) -> float | None:
        """The share of executed requests that failed by a server error; None if there were none.

        Of all or of the newest, whichever is higher, so a long uptime hides no recent failures.
        """
        count, newest = self.timing.count, len(self.timing.newest)
        if not count:
            return None
        recent = sum(at > count - newest for at in self._failed_at)
        return max(self.errors / count, recent / newest)

    def add_up(self) -> None:
        """Add the pending samples to the totals."""
        pending = self.pending.copy()
        del self.pending[: len(pending)]
        executed, count = [], self.timing.count
        for seconds, statements, cost, outcome in pending:
            self.outcomes[outcome] += 1
            self.cost += cost
            self.statements += statements
            self.statements_max = max(self.statements_max, statements)
            if outcome is _OK or outcome is _SERVER_ERROR:
                executed.append(seconds)
                if outcome is _SERVER_ERROR:
                    self._failed_at.append(count + len(executed))
        self.requests += len(pending)
        if executed:
            self.timing.add(*executed)


class Observations:
    """All buffered statistics of this process; the number of operations' names is bounded."""

    def __init__(self) -> None:
        self.methods = RepositoryMethods()
        self.parts = TracedParts()
        self.caches: list[CacheMetrics] = []
        """The caches whose metrics are flushed together with the rest."""
        self._operations: dict[_Key, OperationStats] = {}
        self._flushed: dict[_Key, _FlushedOperation] = {}

    def operation(
        self,
        one: OperationSample,
        limits: BudgetLimits,
        kind: str = "query",
        usually: BudgetLimits | None = None,
    ) -> list[tuple[str, float, int]]:
        """Record an answer, and return the limits that it exceeds.

        The durations of refusals do not count. Operations of the same name but another `kind`
        (`query`, `mutation`, `subscription`) are counted apart. `usually` are the limits of the
        operation if `limits` are those of one variant of it.
        """
        record = self.record(one.operation, kind, usually or limits)
        record.pending.append(one[1:])
        return self.over(one, limits, record)

    def record(self, name: str, kind: str, limits: BudgetLimits) -> OperationStats:
        """The statistics of an operation, whose budget is `limits` from now on."""
        key = name, kind
        record = self._operations.get(key)
        if record is None:
            if len(self._operations) >= _DISTINCT_NAMES:
                key = OTHER, kind
            record = self._operations.setdefault(key, OperationStats(limits, key[0]))
        record.limits = limits
        return record

    def over(
        self, one: OperationSample, limits: BudgetLimits, record: OperationStats
    ) -> list[tuple[str, float, int]]:
        """Count the limits that an answer exceeds, and return them."""
        over = one.over(limits)
        for number, taken, most in over:
            OVER_BUDGET.labels(record.name, number).inc()
            if number == "statements":
                record.statements_share = max(record.statements_share, taken / (most or 0.5))
        return over

    def add_up(self) -> None:
        """Add everything pending, of operations and repository methods, to the totals."""
        self.methods.add_up()
        for record in self._operations.values():
            if record.pending:
                record.add_up()

    def operations(self) -> list[tuple[str, OperationStats]]:
        """The statistics of every operation, by name; a name has one for each kind that it had."""
        self.add_up()
        return [(name, record) for (name, _), record in self._operations.items()]

    def flush(self) -> None:
        """Flush all statistics to Prometheus."""
        self.add_up()
        self.methods.flush()
        self.parts.flush()
        admission.flush()
        for cache in self.caches:
            cache.flush()
        for key, record in self._operations.items():
            flushed = self._flushed.get(key)
            if flushed is None:
                flushed = self._flushed[key] = _FlushedOperation(*key)
            flushed.flush(record)


class _FlushedOperation:
    """The Prometheus collectors of one operation, and what they have already."""

    def __init__(self, name: str, kind: str) -> None:
        self._seconds = OPERATION_SECONDS.labels(name, kind)
        self._statements = BufferedCounter(STATEMENTS.labels(name))
        self._cost = BufferedCounter(COST.labels(name))
        self._outcomes = {
            one: BufferedCounter(OPERATIONS.labels(name, one.value)) for one in Outcome
        }

    def flush(self, record: OperationStats) -> None:
        flush_histogram(self._seconds, record.timing)
        if record.exemplar is not None:
            seconds, trace_id = record.exemplar
            record.exemplar = None
            attach_exemplar(self._seconds, seconds, trace_id)
        self._statements.flush(record.statements)
        self._cost.flush(record.cost)
        for outcome, count in record.outcomes.items():
            self._outcomes[outcome].flush(count)
